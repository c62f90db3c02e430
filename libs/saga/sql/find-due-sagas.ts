import type { Sql } from '#libs/database'

/**
 * Sagas whose time has come, the longest overdue first. A saga that another process is busy with is skipped: that
 * process will give it a new time, or else it is found again.
 */
export const findDueSagas = async (sql: Sql, type: string, at: Date, limit: number): Promise<string[]> => {
  const rows = await sql.query<{ saga_id: string }>(
    `SELECT saga_id FROM sagas WHERE wake_at <= $2::timestamptz AND type = $1
      ORDER BY wake_at LIMIT $3::int FOR UPDATE SKIP LOCKED`,
    type,
    at,
    limit,
  )
  return rows.map((row) => row.saga_id)
}
