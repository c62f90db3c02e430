import type { Sql } from '#libs/database'
import type { StoredVersion } from '#libs/decider'

/** Every event of every named stream as deciders know it, each stream in the order of its versions. */
export const readStreams = (
  sql: Sql,
  streamIds: readonly string[],
): Promise<(StoredVersion & { readonly streamId: string })[]> =>
  sql.query(
    `SELECT stream_id AS "streamId", type, data, data_version AS "dataVersion"
       FROM events WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`,
    streamIds,
  )
