import type { Sql } from '#libs/database'
import type { StoredVersion } from '#libs/decider'
import type { Snapshot } from '../snapshot.ts'

export interface SinceSnapshot {
  readonly snapshot: Snapshot | undefined
  /** Those after the snapshot, oldest first. */
  readonly events: StoredVersion[]
}

interface Row extends StoredVersion {
  readonly streamId: string
  readonly version: number
  readonly isSnapshot: boolean
}

/**
 * Of every named stream the newest snapshot in one of the wanted shapes, and the events since; of a stream without such a
 * snapshot all events. One statement, so that both are of one moment.
 */
export const readFromSnapshots = async (
  sql: Sql,
  wanted: readonly { readonly streamId: string; readonly stateVersions: readonly number[] }[],
): Promise<Map<string, SinceSnapshot>> => {
  const shapes = wanted.flatMap(({ streamId, stateVersions }) =>
    stateVersions.map((version) => ({ streamId, version })),
  )
  const rows = await sql.query<Row>(
    `WITH newest AS MATERIALIZED (
       SELECT DISTINCT ON (s.stream_id) s.stream_id, s.version, s.state, s.state_version
         FROM unnest($2::text[], $3::smallint[]) AS shape(stream_id, state_version)
         JOIN LATERAL (
           SELECT * FROM snapshots
            WHERE stream_id = shape.stream_id AND state_version = shape.state_version
            ORDER BY version DESC LIMIT 1
         ) s ON true
        ORDER BY s.stream_id, s.version DESC
     )
     SELECT stream_id AS "streamId", version, true AS "isSnapshot", '' AS type, state AS data,
            state_version AS "dataVersion" FROM newest
     UNION ALL
     SELECT e.stream_id, e.version, false, e.type, e.data, e.data_version
       FROM unnest($1::text[]) AS stream(id)
       LEFT JOIN newest ON newest.stream_id = stream.id
       JOIN events e ON e.stream_id = stream.id AND e.version > coalesce(newest.version, 0)
      ORDER BY 1, 2`,
    wanted.map(({ streamId }) => streamId),
    shapes.map(({ streamId }) => streamId),
    shapes.map(({ version }) => version),
  )
  const found = new Map<string, SinceSnapshot>(
    wanted.map(({ streamId }) => [streamId, { snapshot: undefined, events: [] }]),
  )
  for (const { streamId, version, isSnapshot, type, data, dataVersion } of rows) {
    if (isSnapshot)
      found.set(streamId, { snapshot: { streamId, version, state: data, stateVersion: dataVersion }, events: [] })
    else found.get(streamId)!.events.push({ type, data, dataVersion })
  }
  return found
}
