import type { Sql } from '#libs/database'
import type { LoadedSaga } from '../saga.ts'

/** Sorted, so that transactions which want the same sagas wait for one another instead of deadlocking. */
export const lockSagas = (sql: Sql, sagaIds: readonly string[]): Promise<LoadedSaga[]> =>
  sql.query(
    `SELECT saga_id AS "sagaId", state, version, wake_at AS "wakeAt", correlation_id AS "correlationId"
       FROM sagas WHERE saga_id = ANY($1::text[]) ORDER BY saga_id FOR UPDATE`,
    sagaIds,
  )
