import type { Sql } from '#libs/database'

/** Forgets at most `limit` keys that expired before `now`, and answers how many. */
export const pruneIdempotencyKeys = (sql: Sql, now: Date, limit: number): Promise<number> =>
  sql.execute(
    `DELETE FROM idempotency_keys k
      USING (SELECT scope, key FROM idempotency_keys WHERE expires_at <= $1::timestamptz LIMIT $2::int) AS old
      WHERE k.scope = old.scope AND k.key = old.key AND k.expires_at <= $1::timestamptz`,
    now,
    limit,
  )
