import type { Sql } from '#libs/database'
import type { VersionState } from '../versions.ts'

/** Offsets by topic and partition: `orders/3`. */
export type Offsets = Readonly<Record<string, number>>

/** What comparing a version with the one that serves has found so far. */
export interface Comparison {
  /** Rows that were looked at in each, over all tables. */
  readonly serving: number
  readonly candidate: number
  /** In the one that serves only, in the new one only, and in both but not the same. */
  readonly missing: number
  readonly added: number
  readonly differing: number
  /** Of all rows, whatever their order: XOR of a digest by row, in hex. */
  readonly servingDigest: string
  readonly candidateDigest: string
  /** Some of the rows that differ: `table key`. */
  readonly sample: readonly string[]
  readonly comparedWith: number
}

export interface StoredVersion {
  readonly projection: string
  readonly version: number
  readonly revision: number
  readonly state: VersionState
  readonly since: Date
  readonly automatic: boolean
  readonly requestedBy: string
  readonly reason: string | null
  readonly createdAt: Date
  readonly filledAt: Date | null
  readonly targets: Offsets | null
  readonly incomplete: Offsets | null
  readonly comparison: Comparison | null
  readonly detail: string | null
  readonly droppedAt: Date | null
}

const COLUMNS = `projection, version, revision, state, since, automatic, requested_by AS "requestedBy", reason,
                 created_at AS "createdAt", filled_at AS "filledAt", targets, incomplete, comparison, detail,
                 dropped_at AS "droppedAt"`

/** All versions on record, the youngest first. */
export const readVersions = (sql: Sql, projection?: string): Promise<StoredVersion[]> =>
  sql.query(
    `SELECT ${COLUMNS} FROM projection_versions WHERE $1::text IS NULL OR projection = $1
      ORDER BY projection, version DESC`,
    projection ?? null,
  )

/** The same, and nobody else's to change until this transaction ends. */
export const lockVersions = (sql: Sql, projection: string): Promise<StoredVersion[]> =>
  sql.query(
    `SELECT ${COLUMNS} FROM projection_versions WHERE projection = $1 ORDER BY version DESC FOR UPDATE`,
    projection,
  )

export interface NewVersion {
  readonly projection: string
  readonly version: number
  readonly revision: number
  readonly automatic: boolean
  readonly requestedBy: string
  readonly reason?: string | undefined
}

/** Answers 0 when the number is taken. */
export const insertVersion = (sql: Sql, version: NewVersion, now: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO projection_versions (projection, version, revision, state, since, automatic, requested_by, reason, created_at)
     VALUES ($1, $2::int, $7::int, 'filling', $6::timestamptz, $3::boolean, $4, $5, $6::timestamptz)
     ON CONFLICT DO NOTHING`,
    version.projection,
    version.version,
    version.automatic,
    version.requestedBy,
    version.reason ?? null,
    now,
    version.revision,
  )

/** Moves a version on from the state that it is known to be in; answers 0 when it is in another one by now. */
export const moveVersion = (
  sql: Sql,
  { projection, version, state }: Pick<StoredVersion, 'projection' | 'version' | 'state'>,
  to: VersionState,
  now: Date,
  detail?: string,
): Promise<number> =>
  sql.execute(
    `UPDATE projection_versions
        SET state = $4::text, since = $5::timestamptz, detail = $6,
            filled_at = CASE WHEN $4::text = 'comparing' OR ($4::text = 'switching' AND filled_at IS NULL) THEN $5::timestamptz ELSE filled_at END
      WHERE projection = $1 AND version = $2::int AND state = $3`,
    projection,
    version,
    state,
    to,
    now,
    detail ?? null,
  )

/** What was found out about a version while it is in this state. */
export const noteOnVersion = (
  sql: Sql,
  { projection, version, state }: Pick<StoredVersion, 'projection' | 'version' | 'state'>,
  note: { readonly targets?: Offsets; readonly incomplete?: Offsets; readonly comparison?: Comparison },
): Promise<number> =>
  sql.execute(
    `UPDATE projection_versions
        SET targets = coalesce($4::json, targets), incomplete = coalesce($5::json, incomplete),
            comparison = coalesce($6::json, comparison)
      WHERE projection = $1 AND version = $2::int AND state = $3`,
    projection,
    version,
    state,
    jsonOrNull(note.targets),
    jsonOrNull(note.incomplete),
    jsonOrNull(note.comparison),
  )

const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

/** Its tables are gone, and with them what only they needed. */
export const forgetVersion = async (
  sql: Sql,
  { projection, version }: Pick<StoredVersion, 'projection' | 'version'>,
  placeName: string,
  now: Date,
): Promise<void> => {
  await sql.execute('DELETE FROM projection_checkpoints WHERE projection = $1', placeName)
  await sql.execute(
    `UPDATE projection_versions SET dropped_at = $3::timestamptz WHERE projection = $1 AND version = $2::int`,
    projection,
    version,
    now,
  )
}

/** Of what is retired and dropped, the youngest so many stay on record. */
export const pruneVersions = async (sql: Sql, projection: string, kept: number): Promise<void> => {
  const old = `SELECT version FROM projection_versions WHERE projection = $1 AND dropped_at IS NOT NULL
                ORDER BY version DESC OFFSET $2::int`
  await sql.execute(`DELETE FROM projection_lanes WHERE projection = $1 AND version IN (${old})`, projection, kept)
  await sql.execute(`DELETE FROM projection_versions WHERE projection = $1 AND version IN (${old})`, projection, kept)
}
