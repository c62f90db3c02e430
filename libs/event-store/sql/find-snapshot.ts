import type { Sql } from '#libs/database'
import type { Snapshot } from '../snapshot.ts'

/** The newest snapshot in one of the wanted shapes of a stream as it was at a version, inclusive. */
export const findSnapshot = async (
  sql: Sql,
  streamId: string,
  stateVersions: readonly number[],
  upTo: number,
): Promise<Snapshot | undefined> => {
  const [snapshot] = await sql.query<Snapshot>(
    `SELECT stream_id AS "streamId", version, state, state_version AS "stateVersion" FROM snapshots
      WHERE stream_id = $1 AND state_version = ANY($2::smallint[]) AND version <= $3::int
      ORDER BY version DESC LIMIT 1`,
    streamId,
    stateVersions,
    upTo,
  )
  return snapshot
}
