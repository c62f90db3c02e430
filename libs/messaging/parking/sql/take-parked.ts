import type { Sql } from '#libs/database'

/**
 * Removes parked messages in order to handle them in the same transaction, and answers how many of them it got; rows
 * that another process is handling right now are left to it.
 */
export const takeParked = (sql: Sql, ids: readonly bigint[]): Promise<number> =>
  sql.execute(
    `DELETE FROM parked_messages
      WHERE id IN (SELECT id FROM parked_messages WHERE id = ANY ($1::text[]::bigint[])
                    ORDER BY id FOR UPDATE SKIP LOCKED)`,
    ids.map(String),
  )
