import type { Sql } from '#libs/database'
import type { Claim } from '../inbox.ts'

/**
 * Inserts the claims that are new, in the order given, and answers those. Nearly always that is all of them, which
 * their number tells; otherwise the rows are asked for that this very transaction has written.
 */
export const claimMessages = async (sql: Sql, claims: readonly Claim[], now: Date): Promise<readonly Claim[]> => {
  const ids = claims.map(({ id }) => id)
  const consumers = claims.map(({ consumer }) => consumer)
  const inserted = await sql.execute(
    `INSERT INTO inbox (message_id, consumer, processed_at)
     SELECT message_id, consumer, $3::timestamptz
       FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS claim(message_id, consumer, place)
      ORDER BY place
     ON CONFLICT DO NOTHING`,
    ids,
    consumers,
    now,
  )
  if (inserted === claims.length) return claims
  const ours = await sql.query<{ place: number }>(
    `SELECT place::int
       FROM inbox JOIN unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS claim(message_id, consumer, place)
            USING (message_id, consumer)
      WHERE inbox.xmin = pg_current_xact_id()::xid`,
    ids,
    consumers,
  )
  return ours.map(({ place }) => claims[place - 1]!)
}
