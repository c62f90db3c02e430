import type { Sql } from '#libs/database'

/** Has a parked message tried again at once, in its place among those of its key. */
export const requeueParked = (sql: Sql, id: bigint, actor: string, now: Date): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages
        SET status = 'retrying', next_attempt_at = $2::timestamptz, worked_by = $3, blocks_key = key IS NOT NULL
      WHERE id = $1::bigint`,
    id,
    now,
    actor,
  )
