import type { Sql } from '#libs/database'

export interface DelayState {
  /** When the next message is due; null when none waits. */
  readonly nextAt: Date | null
  /** Messages that wait, or are being worked; counted up to `most`. */
  readonly count: number
}

export const delayState = async (sql: Sql, queue: string, most: number): Promise<DelayState> => {
  const [row] = await sql.query<DelayState>(
    `SELECT (SELECT min(due_at) FROM delayed_messages WHERE queue = $1) AS "nextAt",
            (SELECT count(*)::int FROM (SELECT FROM delayed_messages WHERE queue = $1 LIMIT $2::int) AS first_ones) AS count`,
    queue,
    most,
  )
  return row!
}
