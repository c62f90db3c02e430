import type { Sql } from '#libs/database'
import type { NewSnapshot } from '../snapshot.ts'

/** Keeps snapshots, at most one of a stream, and removes those of the same streams that are too many by now. */
export const saveSnapshots = (sql: Sql, snapshots: readonly NewSnapshot[], at: Date): Promise<number> =>
  sql.execute(
    `WITH new AS (
       SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::smallint[], $5::int[])
         AS new(stream_id, version, state, state_version, until)
     ), removed AS (
       DELETE FROM snapshots USING new
        WHERE snapshots.stream_id = new.stream_id AND snapshots.version <= new.until
     )
     INSERT INTO snapshots (stream_id, version, state, state_version, taken_at)
     SELECT stream_id, version, state::json, state_version, $6::timestamptz FROM new ORDER BY stream_id
     ON CONFLICT (stream_id, version) DO UPDATE SET state = excluded.state, state_version = excluded.state_version`,
    snapshots.map(({ streamId }) => streamId),
    snapshots.map(({ version }) => version),
    snapshots.map(({ state }) => JSON.stringify(state)),
    snapshots.map(({ stateVersion }) => stateVersion),
    snapshots.map(({ version, every, kept }) => version - every * kept),
    at,
  )
