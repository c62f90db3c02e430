import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { findVersionAt, LAST_VERSION } from './find-version-at.ts'
import { COLUMNS, type StoredRow, storedEvent } from './stored-row.ts'

export interface ReadStreamOptions {
  /** The first version wanted. Default 1. */
  readonly from?: number
  /** The stream as it was at this version, or at this instant; both inclusive. Default: as it is now. */
  readonly asOf?: number | Date
  /** Of all these the oldest so many, or the newest so many. Default: all. */
  readonly only?: { readonly oldest: number } | { readonly newest: number }
}

/** The events of one stream in the order of their versions. */
export const readStream = async (
  sql: Sql,
  streamId: string,
  { from = 1, asOf, only }: ReadStreamOptions = {},
): Promise<StoredEvent[]> => {
  const upTo = asOf instanceof Date ? await findVersionAt(sql, streamId, asOf) : (asOf ?? LAST_VERSION)
  const isNewest = only !== undefined && 'newest' in only
  const limit = only === undefined ? null : isNewest ? only.newest : only.oldest
  const rows = await sql.query<StoredRow>(isNewest ? FROM_THE_END : FROM_THE_START, streamId, from, upTo, limit)
  return (isNewest ? rows.reverse() : rows).map(storedEvent)
}

const EVENTS = `SELECT ${COLUMNS} FROM events WHERE stream_id = $1 AND version >= $2 AND version <= $3::int`
const FROM_THE_START = `${EVENTS} ORDER BY version LIMIT $4::int`
const FROM_THE_END = `${EVENTS} ORDER BY version DESC LIMIT $4::int`
