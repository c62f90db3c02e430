import { ConcurrencyConflict, isUniqueViolation, type Sql } from '#libs/database'
import type { BegunSaga } from '../saga.ts'

/** @throws ConcurrencyConflict when one of them has begun already. */
export const insertSagas = async (sql: Sql, sagas: readonly BegunSaga[], now: Date): Promise<void> => {
  try {
    await sql.execute(
      `INSERT INTO sagas
         (type, saga_id, coordination, status, state, version, wake_at, correlation_id, traceparent, started_at, updated_at,
          state_version)
       SELECT type, saga_id, coordination, status, state::json, version, wake_at::timestamptz, correlation_id, traceparent,
              $10::timestamptz, $10::timestamptz, state_version
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
                     $9::text[], $11::smallint[])
           AS new(type, saga_id, coordination, status, state, version, wake_at, correlation_id, traceparent,
                  state_version)`,
      sagas.map(({ type }) => type),
      sagas.map(({ sagaId }) => sagaId),
      sagas.map(({ coordination }) => coordination),
      sagas.map(({ status }) => status),
      sagas.map(({ state }) => JSON.stringify(state)),
      sagas.map(({ version }) => version),
      sagas.map(({ wakeAt }) => wakeAt?.toISOString() ?? null),
      sagas.map(({ correlationId }) => correlationId),
      sagas.map(({ traceparent }) => traceparent),
      now,
      sagas.map(({ stateVersion }) => stateVersion),
    )
  } catch (error) {
    if (isUniqueViolation(error, 'sagas_pkey'))
      throw new ConcurrencyConflict('another transaction began a saga first', { cause: error })
    throw error
  }
}
