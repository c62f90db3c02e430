import type { Sql } from '#libs/database'
import type { Claim } from '../inbox.ts'

export const releaseMessages = (sql: Sql, claims: readonly Claim[]): Promise<number> =>
  sql.execute(
    `DELETE FROM inbox WHERE (consumer, message_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    claims.map(({ consumer }) => consumer),
    claims.map(({ messageId }) => messageId),
  )
