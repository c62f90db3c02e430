import type { Sql } from '#libs/database'
import type { Claim } from '../inbox.ts'

export const releaseMessages = (sql: Sql, claims: readonly Claim[]): Promise<number> =>
  sql.execute(
    `DELETE FROM inbox WHERE (message_id, consumer) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))`,
    claims.map(({ id }) => id),
    claims.map(({ consumer }) => consumer),
  )
