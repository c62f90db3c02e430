import type { Sql } from '#libs/database'
import type { StoredEvent } from '../event.ts'

/** An event and the version that its stream must have had before this transaction, 0 for a new stream. */
export interface Append {
  readonly event: StoredEvent
  readonly after: number
}

/**
 * Inserts the events whose stream is at the version they follow, and answers how many those were; fewer than given
 * means a conflict. A racing transaction is waited for at the primary key and then found to have been faster.
 *
 * A transaction gets its id with its first write, which may be long before this one: it can follow, in a stream, a
 * transaction with a later id. `greatest` keeps the stream's order for `readAll` then. No reader can have passed that
 * later id meanwhile, as it waits for every transaction before it, this one included.
 *
 * LIMIT makes that a look into the primary key per event; the planner would rather read a middling table as a whole.
 */
export const appendEvents = async (sql: Sql, appends: readonly Append[]): Promise<number> =>
  sql.execute(
    `INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
     SELECT new.stream_id, new.version, new.type, new.data::json, new.metadata::json, $7::timestamptz,
            greatest(pg_current_xact_id()::text::bigint, previous.transaction_id)
       FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[])
            WITH ORDINALITY AS new(stream_id, version, after, type, data, metadata, place)
       LEFT JOIN LATERAL (
              SELECT version, transaction_id FROM events
               WHERE stream_id = new.stream_id AND version = new.after LIMIT 1) previous ON true
      WHERE new.after = 0 OR previous.version IS NOT NULL
      ORDER BY place
     ON CONFLICT (stream_id, version) DO NOTHING`,
    appends.map(({ event }) => event.streamId),
    appends.map(({ event }) => event.version),
    appends.map(({ after }) => after),
    appends.map(({ event }) => event.type),
    appends.map(({ event }) => JSON.stringify(event.data ?? null)),
    appends.map(({ event }) => JSON.stringify(event.metadata)),
    appends[0]!.event.at,
  )
