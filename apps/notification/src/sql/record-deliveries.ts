import type { Sql } from '#libs/database'
import type { Delivery } from '../notifications.ts'

export const recordDeliveries = async (sql: Sql, rows: readonly Delivery[], at: Date): Promise<void> => {
  await sql.execute(
    `UPDATE notifications n SET status = ended.status, error = ended.error, tries = ended.tries, at = $8
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[])
       AS ended (order_id, kind, return_id, channel, status, error, tries)
     WHERE n.order_id = ended.order_id AND n.kind = ended.kind AND n.return_id = ended.return_id
       AND n.channel = ended.channel`,
    rows.map((row) => row.orderId),
    rows.map((row) => row.kind),
    rows.map((row) => row.returnId ?? ''),
    rows.map((row) => row.channel),
    rows.map((row) => row.status),
    rows.map((row) => row.error ?? null),
    rows.map((row) => row.tries ?? null),
    at,
  )
}
