import type { Sql } from '#libs/database'

/** No stream gets there: what the column holds. */
export const LAST_VERSION = 2_147_483_647

/**
 * The version that a stream had at an instant, inclusive; 0 before its first event. Clocks differ, and a transaction that
 * began earlier may append later: the last event of that time or before counts, with all that it follows, so that the
 * stream is always one that there was.
 */
export const findVersionAt = async (sql: Sql, streamId: string, instant: Date): Promise<number> => {
  const [last] = await sql.query<{ version: number }>(
    'SELECT version FROM events WHERE stream_id = $1 AND recorded_at <= $2::timestamptz ORDER BY version DESC LIMIT 1',
    streamId,
    instant,
  )
  return last?.version ?? 0
}
