import type { Sql } from '#libs/database'
import type { SagaStatus } from '../saga.ts'
import { conditionsOf, type SagaFilter } from './saga-filter.ts'

export interface SagaCount {
  readonly status: SagaStatus
  readonly count: number
}

/** How many sagas are meant, by status; one of which there are none is left out. */
export const countSagas = (sql: Sql, filter: SagaFilter): Promise<SagaCount[]> => {
  const values: unknown[] = []
  const conditions = ['true', ...conditionsOf(filter, values)]
  return sql.query(
    `SELECT status, count(*)::int AS count FROM sagas WHERE ${conditions.join(' AND ')} GROUP BY status`,
    ...values,
  )
}
