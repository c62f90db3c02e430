import type { Sql } from '#libs/database'
import type { LoadedSaga, SagaKey } from '../saga.ts'

/** Sorted, so that transactions which want the same sagas wait for one another instead of deadlocking. */
export const lockSagas = (sql: Sql, keys: readonly SagaKey[]): Promise<LoadedSaga[]> =>
  sql.query(
    `SELECT type, saga_id AS "sagaId", state, state_version AS "stateVersion", version, wake_at AS "wakeAt", correlation_id AS "correlationId",
            traceparent
       FROM sagas WHERE (type, saga_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
      ORDER BY type, saga_id FOR UPDATE`,
    keys.map(({ type }) => type),
    keys.map(({ sagaId }) => sagaId),
  )
