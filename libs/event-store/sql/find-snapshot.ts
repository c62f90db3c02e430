import type { Sql } from '#libs/database'
import type { Snapshot } from '../snapshot.ts'

/** The newest snapshot in one of the wanted shapes of the stream as `readStream` has it at `asOf`. */
export const findSnapshot = async (
  sql: Sql,
  streamId: string,
  stateVersions: readonly number[],
  asOf: number | Date | undefined,
): Promise<Snapshot | undefined> => {
  const [snapshot] = await sql.query<Snapshot>(
    `SELECT stream_id AS "streamId", version, state, state_version AS "stateVersion" FROM snapshots
      WHERE stream_id = $1 AND state_version = ANY($2::smallint[])
        AND version <= coalesce($3::int, version) AND taken_at <= coalesce($4::timestamptz, 'infinity')
      ORDER BY version DESC LIMIT 1`,
    streamId,
    stateVersions,
    typeof asOf === 'number' ? asOf : null,
    asOf instanceof Date ? asOf : null,
  )
  return snapshot
}
