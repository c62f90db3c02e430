import type { Sql } from '#libs/database'

/**
 * Forgets at most `limit` messages handled before `olderThan`, and answers how many. A duplicate that arrives after
 * that is handled again, so `olderThan` must lie further back than any redelivery can.
 */
export const pruneInbox = (sql: Sql, olderThan: Date, limit: number): Promise<number> =>
  sql.execute(
    `DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE processed_at < $1::timestamptz LIMIT $2::int))`,
    olderThan,
    limit,
  )
