import type { Sql } from '#libs/database'
import type { StoredSaga } from '../saga.ts'
import { conditionsOf, type SagaFilter } from './saga-filter.ts'
import { COLUMNS } from './saga-row.ts'

/** The last saga of the page before. */
export interface SagaCursor {
  readonly startedAt: Date
  readonly sagaId: string
}

/** One page of sagas, the youngest first. */
export const listSagas = (
  sql: Sql,
  { after, limit, ...filter }: SagaFilter & { after?: SagaCursor | undefined; limit: number },
): Promise<StoredSaga[]> => {
  const values: unknown[] = [limit, after?.startedAt ?? null, after?.sagaId ?? null]
  const conditions = ['($2::timestamptz IS NULL OR (started_at, saga_id) < ($2::timestamptz, $3::text))']
  conditions.push(...conditionsOf(filter, values))
  return sql.query(
    `SELECT ${COLUMNS} FROM sagas WHERE ${conditions.join(' AND ')}
      ORDER BY started_at DESC, saga_id DESC LIMIT $1::int`,
    ...values,
  )
}
