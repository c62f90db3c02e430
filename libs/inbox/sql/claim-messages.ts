import type { Sql } from '#libs/database'
import type { Claim } from '../inbox.ts'

/** Inserts the claims that are new, and answers those. */
export const claimMessages = (sql: Sql, claims: readonly Claim[], now: Date): Promise<Claim[]> =>
  sql.query<Claim>(
    `INSERT INTO inbox (consumer, message_id, processed_at)
     SELECT consumer, message_id, $3::timestamptz
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS claim(consumer, message_id, place)
      ORDER BY place
     ON CONFLICT DO NOTHING
     RETURNING consumer, message_id AS "messageId"`,
    claims.map(({ consumer }) => consumer),
    claims.map(({ messageId }) => messageId),
    now,
  )
