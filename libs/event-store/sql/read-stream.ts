import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { COLUMNS, type StoredRow, storedEvent } from './stored-row.ts'

export interface ReadStreamOptions {
  /** The first version wanted. Default 1. */
  readonly from?: number
  /** The stream as it was at this version, or at this instant; both inclusive. Default: as it is now. */
  readonly asOf?: number | Date
}

/** The events of one stream in the order of their versions. */
export const readStream = async (
  sql: Sql,
  streamId: string,
  { from = 1, asOf }: ReadStreamOptions = {},
): Promise<StoredEvent[]> => {
  const rows = await sql.query<StoredRow>(
    `SELECT ${COLUMNS} FROM events
      WHERE stream_id = $1 AND version >= $2
        AND version <= coalesce($3::int, version) AND recorded_at <= coalesce($4::timestamptz, recorded_at)
      ORDER BY version`,
    streamId,
    from,
    typeof asOf === 'number' ? asOf : null,
    asOf instanceof Date ? asOf : null,
  )
  return rows.map(storedEvent)
}
