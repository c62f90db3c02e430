import type { Sql } from '#libs/database'

/**
 * Locks parked messages in order to handle them in the same transaction, and answers which of them it got; rows that
 * another process is handling right now are left to it, and those that it has handled are gone.
 */
export const lockParked = (sql: Sql, ids: readonly bigint[]): Promise<unknown[]> =>
  sql.query(
    `SELECT id FROM parked_messages WHERE id = ANY ($1::text[]::bigint[]) AND status IN ('retrying', 'queued')
      ORDER BY id FOR UPDATE SKIP LOCKED`,
    ids.map(String),
  )
