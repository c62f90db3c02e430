import type { Sql } from '#libs/database'

export interface DueSaga {
  readonly sagaId: string
  /** Attempts to wake it that failed since it last moved on. */
  readonly wakeFailures: number
}

/**
 * Sagas whose time has come, the longest overdue first. A saga that another process is busy with is skipped: that
 * process will give it a new time, or else it is found again.
 */
export const findDueSagas = (sql: Sql, type: string, at: Date, limit: number): Promise<DueSaga[]> =>
  sql.query(
    `SELECT saga_id AS "sagaId", wake_failures AS "wakeFailures" FROM sagas
      WHERE wake_at <= $2::timestamptz AND type = $1
      ORDER BY wake_at LIMIT $3::int FOR UPDATE SKIP LOCKED`,
    type,
    at,
    limit,
  )
