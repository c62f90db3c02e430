import type { Sql } from '#libs/database'
import type { VersionState } from '../versions.ts'

export interface KnownVersion {
  readonly projection: string
  readonly version: number
  readonly state: VersionState
}

/** Every version that has tables. */
export const readKnownVersions = (sql: Sql): Promise<KnownVersion[]> =>
  sql.query(
    `SELECT projection, version, state FROM projection_versions WHERE state <> 'retired' ORDER BY projection, version`,
  )
