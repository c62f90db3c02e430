import type { Sql } from '#libs/database'

/** When the next retry is due, if any is planned; not of messages of `queues`. */
export const nextAttemptAt = async (
  sql: Sql,
  consumer: string,
  queues: readonly string[],
): Promise<Date | undefined> => {
  const [row] = await sql.query<{ at: Date | null }>(
    `SELECT min(next_attempt_at) AS at FROM parked_messages
      WHERE consumer = $1 AND status = 'retrying' AND topic <> ALL ($2::text[])`,
    consumer,
    queues,
  )
  return row?.at ?? undefined
}
