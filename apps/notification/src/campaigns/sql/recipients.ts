import type { Sql } from '#libs/database'
import type { Segment } from './campaigns.ts'

/** Writes down who is to be told, and answers how many that are: `limit` at most. `onFile`: the customers of the shop's file. */
export const insertRecipients = (
  sql: Sql,
  campaignId: string,
  segment: Segment,
  onFile: readonly string[],
  limit: number,
): Promise<number> => {
  const isByName = typeof segment === 'object' && 'customerIds' in segment
  const named = isByName ? segment.customerIds : segment === 'everybody' ? onFile : []
  const since = typeof segment === 'object' && 'toldSince' in segment ? segment.toldSince : null
  return sql.execute(
    `INSERT INTO campaign_recipients (campaign_id, customer_id)
     SELECT $1::uuid, customer_id FROM (
       SELECT unnest($2::text[]) AS customer_id
       UNION
       SELECT customer_id FROM notifications WHERE $3::boolean AND ($4::timestamptz IS NULL OR at >= $4::timestamptz)
     ) customers ORDER BY customer_id LIMIT $5::int`,
    campaignId,
    named,
    !isByName,
    since,
    limit,
  )
}

/** The next of those who have not been told: they count as told with this transaction. */
export const takeRecipients = async (sql: Sql, campaignId: string, limit: number): Promise<string[]> => {
  const rows = await sql.query<{ customerId: string }>(
    `DELETE FROM campaign_recipients
      WHERE campaign_id = $1::uuid AND customer_id IN (
        SELECT customer_id FROM campaign_recipients WHERE campaign_id = $1::uuid ORDER BY customer_id LIMIT $2::int)
     RETURNING customer_id AS "customerId"`,
    campaignId,
    limit,
  )
  return rows.map(({ customerId }) => customerId).sort()
}

/** Of a campaign that will tell nobody more. */
export const forgetRecipients = async (sql: Sql, campaignId: string): Promise<void> => {
  await sql.execute('DELETE FROM campaign_recipients WHERE campaign_id = $1::uuid', campaignId)
}

/** What became of what was told so far, by status. */
export const countNotifications = async (sql: Sql, campaignId: string): Promise<Readonly<Record<string, number>>> => {
  const rows = await sql.query<{ status: string; count: number }>(
    'SELECT status, count(*)::int AS count FROM notifications WHERE campaign_id = $1::uuid GROUP BY status',
    campaignId,
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

/** How many are on their way, and how many wait for their turn; `most` of each is as good as more. */
export const countUnderWay = async (
  sql: Sql,
  campaignId: string,
  most: number,
): Promise<{ readonly pending: number; readonly waiting: number }> => {
  const [row] = await sql.query<{ pending: number; waiting: number }>(
    `SELECT (SELECT count(*)::int FROM (
               SELECT FROM notifications WHERE campaign_id = $1::uuid AND status = 'pending' LIMIT $2::int) a) AS pending,
            (SELECT count(*)::int FROM (
               SELECT FROM notifications WHERE campaign_id = $1::uuid AND status = 'waiting' LIMIT 1) b) AS waiting`,
    campaignId,
    most,
  )
  return row!
}
