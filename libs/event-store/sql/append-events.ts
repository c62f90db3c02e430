import { ConcurrencyConflict, isUniqueViolation, type Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'
import { storedMetadata } from './stored-metadata.ts'

/** An event and the version that its stream must have had before this transaction, 0 for a new stream. */
export interface Append {
  readonly event: StoredEvent
  readonly after: number
}

/**
 * Inserts events. A racing transaction that appends to the same stream is waited for at the primary key; of two, the
 * second one fails. `checked`: that the streams have reached the versions which the events follow is looked up, too,
 * because nobody has made sure of it.
 *
 * `transaction_id` is what `readAll` sorts by and waits for. It must not fall within a stream, though a transaction gets
 * its own id with its first write and may follow one with a later id. Whoever wrote the event before this one has ended
 * before this statement began, so the latest id of which this statement knows that it has ended, or our own, is no
 * smaller than what stands there. And no reader has passed it: readers wait for our own id, as long as we run.
 *
 * @throws ConcurrencyConflict when a stream is not at the version that it should be at.
 */
export const appendEvents = async (sql: Sql, appends: readonly Append[], checked: boolean): Promise<void> => {
  try {
    const stored = await sql.execute(
      checked ? CHECKED_APPEND : APPEND,
      appends.map(({ event }) => event.streamId),
      appends.map(({ event }) => event.version),
      appends.map(({ event }) => event.type),
      appends.map(({ event }) => JSON.stringify(event.data ?? null)),
      appends.map(({ event }) => JSON.stringify(storedMetadata(event))),
      appends[0]!.event.at,
      appends.map(({ event }) => event.dataVersion),
      ...(checked ? [appends.map(({ after }) => after)] : []),
    )
    if (stored !== appends.length) throw new ConcurrencyConflict('a stream is not at the version it should be at')
  } catch (error) {
    if (isUniqueViolation(error, 'events_pkey'))
      throw new ConcurrencyConflict('another transaction appended to a stream first', { cause: error })
    throw error
  }
}

const append = (unnest: string, condition: string): string =>
  `INSERT INTO events (stream_id, version, type, data, metadata, data_version, recorded_at, transaction_id)
   SELECT stream_id, version, type, data::json, metadata::json, data_version, $6::timestamptz,
          (SELECT greatest(pg_current_xact_id()::text::bigint,
                           pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1))
     FROM ${unnest}
     ${condition}
    ORDER BY place`

const APPEND = append(
  `unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $7::smallint[])
          WITH ORDINALITY AS new(stream_id, version, type, data, metadata, data_version, place)`,
  '',
)

const CHECKED_APPEND = append(
  `unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $7::smallint[], $8::int[])
          WITH ORDINALITY AS new(stream_id, version, type, data, metadata, data_version, after, place)`,
  `WHERE after = 0 OR EXISTS (SELECT FROM events WHERE stream_id = new.stream_id AND version = after)`,
)
