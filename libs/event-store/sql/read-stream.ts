import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { COLUMNS, type StoredRow, storedEvent } from './stored-row.ts'

export interface ReadStreamOptions {
  /** The first version wanted. Default 1. */
  readonly from?: number
  /**
   * The stream as it was at this version, or at this instant; both inclusive. Default: as it is now. Clocks differ, and a
   * transaction that began earlier may append later: at an instant a stream ends with the last event of that time or before,
   * so it is always one that there was.
   */
  readonly asOf?: number | Date
  /** Of all these the newest so many. Default: all. */
  readonly newest?: number
}

/** The events of one stream in the order of their versions. */
export const readStream = async (
  sql: Sql,
  streamId: string,
  { from = 1, asOf, newest }: ReadStreamOptions = {},
): Promise<StoredEvent[]> => {
  const rows = await sql.query<StoredRow>(
    newest === undefined ? ALL : NEWEST,
    streamId,
    from,
    typeof asOf === 'number' ? asOf : null,
    asOf instanceof Date ? asOf : null,
    ...(newest === undefined ? [] : [newest]),
  )
  return (newest === undefined ? rows : rows.reverse()).map(storedEvent)
}

const EVENTS = `SELECT ${COLUMNS} FROM events
  WHERE stream_id = $1 AND version >= $2
    AND version <= CASE
      WHEN $4::timestamptz IS NULL THEN coalesce($3::int, 2147483647)
      ELSE (SELECT version FROM events WHERE stream_id = $1 AND recorded_at <= $4 ORDER BY version DESC LIMIT 1)
    END`
const ALL = `${EVENTS} ORDER BY version`
const NEWEST = `${EVENTS} ORDER BY version DESC LIMIT $5::int`
