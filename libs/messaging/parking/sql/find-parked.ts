import type { Sql } from '#libs/database'
import { ITEM_COLUMNS, type ParkedItem } from './list-parked.ts'

/** A parked message with everything that is known of it. */
export interface ParkedRecord extends ParkedItem {
  /** JSON object. */
  readonly headers: string
  readonly value: Uint8Array | null
  /** One JSON text per line: `{ at, error }`. */
  readonly attemptLog: string
  /** JSON of headers and value (base64) before the first amendment. */
  readonly original: string | null
  /** Messages of its key that wait for it. */
  readonly behind: number
}

export const findParked = async (sql: Sql, consumer: string, id: bigint): Promise<ParkedRecord | undefined> => {
  const [record] = await sql.query<ParkedRecord>(
    `SELECT ${ITEM_COLUMNS}, headers, value, attempt_log AS "attemptLog", original,
            CASE WHEN blocks_key THEN (
              SELECT count(*) FROM parked_messages later
               WHERE later.consumer = p.consumer AND later.topic = p.topic AND later.key = p.key
                 AND later.blocks_key AND later.id > p.id) ELSE 0 END::int AS behind
       FROM parked_messages p WHERE consumer = $1 AND id = $2::bigint`,
    consumer,
    id,
  )
  return record
}
