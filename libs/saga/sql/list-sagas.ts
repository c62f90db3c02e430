import type { Sql } from '#libs/database'
import type { SagaStatus, StoredSaga } from '../saga.ts'
import { COLUMNS } from './saga-row.ts'

/** The last saga of the page before. */
export interface SagaCursor {
  readonly startedAt: Date
  readonly sagaId: string
}

/** One page of sagas, the youngest first. */
export const listSagas = (
  sql: Sql,
  { status, after, limit }: { status?: SagaStatus | undefined; after?: SagaCursor | undefined; limit: number },
): Promise<StoredSaga[]> => {
  const conditions = ['($1::timestamptz IS NULL OR (started_at, saga_id) < ($1::timestamptz, $2::text))']
  // Spelled out only when asked for, so that each kind of page is read off its own index.
  if (status !== undefined) conditions.push('status = $4::text')
  return sql.query(
    `SELECT ${COLUMNS} FROM sagas WHERE ${conditions.join(' AND ')}
      ORDER BY started_at DESC, saga_id DESC LIMIT $3::int`,
    after?.startedAt ?? null,
    after?.sagaId ?? null,
    limit,
    ...(status === undefined ? [] : [status]),
  )
}
