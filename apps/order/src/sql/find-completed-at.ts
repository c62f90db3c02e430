import type { Sql } from '#libs/database'

/** When the order was completed: delivered, and settled. It never changes, so it may be read before anything is locked. */
export const findCompletedAt = async (sql: Sql, stream: string): Promise<Date | undefined> => {
  const [event] = await sql.query<{ at: Date }>(
    `SELECT recorded_at AS at FROM events WHERE stream_id = $1 AND type = 'OrderCompleted'`,
    stream,
  )
  return event?.at
}
