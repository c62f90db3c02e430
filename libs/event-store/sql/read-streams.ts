import type { Sql } from '#libs/database'
import type { DomainEvent } from '../event.ts'

/** Every event of every named stream as deciders know it, each stream in the order of its versions. */
export const readStreams = (
  sql: Sql,
  streamIds: readonly string[],
): Promise<(DomainEvent & { readonly streamId: string })[]> =>
  sql.query(
    `SELECT stream_id AS "streamId", type, data
       FROM events WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`,
    streamIds,
  )
