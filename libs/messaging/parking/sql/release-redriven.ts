import type { Sql } from '#libs/database'

/**
 * Has the next dead letters of a redrive tried again, those parked first at first: each in its place among those of its
 * key, whose order holds. One that fails again has a failure later than the redrive, and is not released twice.
 */
export const releaseRedriven = (sql: Sql, redriveId: string, now: Date, limit: number): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages
        SET status = 'retrying', next_attempt_at = $2::timestamptz, blocks_key = key IS NOT NULL, redrive_released = true
      WHERE id IN (SELECT id FROM parked_messages
                    WHERE redrive_id = $1 AND NOT redrive_released AND status = 'dead'
                    ORDER BY id LIMIT $3::int FOR UPDATE SKIP LOCKED)`,
    redriveId,
    now,
    limit,
  )
