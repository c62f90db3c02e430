import type { Sql } from '#libs/database'

export interface LaneName {
  readonly projection: string
  readonly version: number
  /** The number of the partitions that it reads; COMPARING is not a partition. */
  readonly lane: number
}

/** Whoever has this one compares the version. */
export const COMPARING = -1

export interface Lane extends LaneName {
  readonly owner: string | null
  readonly leased: boolean
  readonly reachedEndAt: Date | null
  readonly records: bigint
  readonly skipped: bigint
  readonly recordsPerSecond: number
}

/** A process that is silent for so long has lost its lane. */
const LEASE = `interval '10 seconds'`
/** A lane that has come to the end is looked at so often. */
const LOOK = `interval '500 milliseconds'`

export const ensureLanes = async (
  sql: Sql,
  { projection, version }: Omit<LaneName, 'lane'>,
  lanes: readonly number[],
): Promise<void> => {
  await sql.execute(
    `INSERT INTO projection_lanes (projection, version, lane, leased_until)
     SELECT $1, $2::int, lane, 'epoch' FROM unnest($3::int[]) lane
     ON CONFLICT DO NOTHING`,
    projection,
    version,
    lanes,
  )
}

/** One that nobody works at, if there is any: those with work to do first. */
export const claimLane = async (
  sql: Sql,
  { projection, version }: Omit<LaneName, 'lane'>,
  owner: string,
  among: 'partitions' | typeof COMPARING,
): Promise<number | undefined> => {
  const [claimed] = await sql.query<{ lane: number }>(
    `UPDATE projection_lanes SET owner = $3, leased_until = clock_timestamp() + ${LEASE}
      WHERE (projection, version, lane) = (
        SELECT projection, version, lane FROM projection_lanes
         WHERE projection = $1 AND version = $2::int AND ${among === COMPARING ? `lane = ${COMPARING}` : 'lane >= 0'}
           AND leased_until <= clock_timestamp() - CASE WHEN reached_end_at IS NULL THEN interval '0' ELSE ${LOOK} END
         ORDER BY reached_end_at IS NOT NULL, leased_until LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING lane`,
    projection,
    version,
    owner,
  )
  return claimed?.lane
}

/** What came of a batch. */
export interface LaneProgress {
  readonly records: number
  readonly skipped: number
  readonly recordsPerSecond: number
}

/** Keeps the lane; answers false when it is no longer the owner's, or the version is no longer filled. */
export const keepLane = async (
  sql: Sql,
  { projection, version, lane }: LaneName,
  owner: string,
  { records, skipped, recordsPerSecond }: LaneProgress,
): Promise<boolean> => {
  const kept = await sql.execute(
    `UPDATE projection_lanes l
        SET leased_until = clock_timestamp() + ${LEASE}, records = records + $5::bigint, skipped = skipped + $6::bigint,
            records_per_second = $7::float8
       FROM projection_versions v
      WHERE l.projection = $1 AND l.version = $2::int AND l.lane = $3::int AND l.owner = $4
        AND v.projection = l.projection AND v.version = l.version AND v.state IN ('filling', 'joining', 'comparing')`,
    projection,
    version,
    lane,
    owner,
    records,
    skipped,
    recordsPerSecond,
  )
  return kept === 1
}

/** Gives the lane back; `atEnd`: it has come to the end of its partitions. */
export const releaseLane = async (
  sql: Sql,
  { projection, version, lane }: LaneName,
  owner: string,
  atEnd: boolean,
): Promise<void> => {
  await sql.execute(
    `UPDATE projection_lanes
        SET owner = NULL, leased_until = clock_timestamp(),
            reached_end_at = CASE WHEN $5::boolean THEN coalesce(reached_end_at, clock_timestamp()) ELSE reached_end_at END
      WHERE projection = $1 AND version = $2::int AND lane = $3::int AND owner = $4`,
    projection,
    version,
    lane,
    owner,
    atEnd,
  )
}

/** The lanes of versions that have tables. */
export const readLanes = (sql: Sql): Promise<Lane[]> =>
  sql.query(
    `SELECT projection, version, lane, owner, leased_until > clock_timestamp() AS leased, reached_end_at AS "reachedEndAt",
            records, skipped, records_per_second AS "recordsPerSecond"
       FROM projection_lanes ORDER BY projection, version, lane`,
  )
