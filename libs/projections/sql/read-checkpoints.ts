import type { Sql } from '#libs/database'
import type { Place } from '../checkpoints.ts'

export interface Checkpoint extends Place {
  /** The offset of the next record to project. */
  readonly position: bigint
  readonly updatedAt: Date
}

/** Every checkpoint there is, sorted. */
export const readCheckpoints = (sql: Sql): Promise<Checkpoint[]> =>
  sql.query(
    `SELECT projection, topic, partition, position, updated_at AS "updatedAt" FROM projection_checkpoints
      ORDER BY projection, topic, partition`,
  )
