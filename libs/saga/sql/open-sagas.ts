import type { Sql } from '#libs/database'
import type { SagaStatus } from '../saga.ts'

export interface OpenSagas {
  readonly type: string
  readonly status: SagaStatus
  readonly count: number
  /** How long a deadline of one of them has passed, at most, seconds; 0 when none has. */
  readonly overdue: number
}

/** Those that have not ended, by type and status. Ended ones, of which there are ever more, are not touched. */
export const openSagas = (sql: Sql): Promise<OpenSagas[]> =>
  sql.query(
    `SELECT type, status, count(*)::int AS count,
            coalesce(greatest(extract(epoch FROM now() - min(wake_at)), 0), 0)::float8 AS overdue
       FROM sagas WHERE status IN ('running', 'compensating', 'needs_attention') GROUP BY type, status`,
  )
