import type { Sql } from '#libs/database'

/** Gives a parked message up: it stays on record, and its key flows on. */
export const discardParked = (sql: Sql, id: bigint, actor: string, now: Date): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages
        SET status = 'settled', resolution = 'discarded', settled_at = $2::timestamptz, worked_by = $3,
            blocks_key = false, next_attempt_at = NULL
      WHERE id = $1::bigint`,
    id,
    now,
    actor,
  )
