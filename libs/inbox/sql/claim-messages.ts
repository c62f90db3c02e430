import type { Sql } from '#libs/database'
import type { Claim } from '../inbox.ts'

/** Inserts the claims that are new, in the order given, and answers those. */
export const claimMessages = (sql: Sql, claims: readonly Claim[], now: Date): Promise<Claim[]> =>
  sql.query<Claim>(
    `INSERT INTO inbox (message_id, consumer, processed_at)
     SELECT message_id, consumer, $3::timestamptz
       FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS claim(message_id, consumer, place)
      ORDER BY place
     ON CONFLICT DO NOTHING
     RETURNING message_id AS id, consumer`,
    claims.map(({ id }) => id),
    claims.map(({ consumer }) => consumer),
    now,
  )
