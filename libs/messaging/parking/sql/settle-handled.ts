import type { Sql } from '#libs/database'

/**
 * Parked messages that this transaction has locked and handled are forgotten, except those that somebody worked on: they
 * stay on record.
 */
export const settleHandled = (sql: Sql, ids: readonly bigint[], now: Date): Promise<number> =>
  sql.execute(
    `WITH kept AS (
       UPDATE parked_messages
          SET status = 'settled', resolution = 'handled', settled_at = $2::timestamptz, blocks_key = false,
              next_attempt_at = NULL
        WHERE id = ANY ($1::text[]::bigint[]) AND worked_by IS NOT NULL
     )
     DELETE FROM parked_messages WHERE id = ANY ($1::text[]::bigint[]) AND worked_by IS NULL`,
    ids.map(String),
    now,
  )
