import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { COLUMNS, type StoredRow, storedEvent } from './stored-row.ts'

/** Every event of every named stream, each stream in the order of its versions. */
export const readStreams = async (sql: Sql, streamIds: readonly string[]): Promise<StoredEvent[]> => {
  const rows = await sql.query<StoredRow>(
    `SELECT ${COLUMNS} FROM events WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`,
    streamIds,
  )
  return rows.map(storedEvent)
}
