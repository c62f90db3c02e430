import { ConcurrencyConflict, isUniqueViolation, type Sql } from '#libs/database'
import type { MovedSaga, StoredSaga } from '../saga.ts'

/** @throws ConcurrencyConflict when one of them has begun already. */
export const insertSagas = async (sql: Sql, sagas: readonly StoredSaga[]): Promise<void> => {
  try {
    await sql.execute(
      `INSERT INTO sagas
         (saga_id, type, coordination, status, state, version, wake_at, correlation_id, started_at, updated_at)
       SELECT saga_id, type, coordination, status, state::json, version, wake_at::timestamptz, correlation_id,
              started_at::timestamptz, updated_at::timestamptz
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
                     $9::text[], $10::text[])
           AS new(saga_id, type, coordination, status, state, version, wake_at, correlation_id, started_at, updated_at)`,
      sagas.map(({ sagaId }) => sagaId),
      sagas.map(({ type }) => type),
      sagas.map(({ coordination }) => coordination),
      sagas.map(({ status }) => status),
      sagas.map(({ state }) => JSON.stringify(state)),
      sagas.map(({ version }) => version),
      sagas.map(({ wakeAt }) => wakeAt?.toISOString() ?? null),
      sagas.map(({ correlationId }) => correlationId),
      sagas.map(({ startedAt }) => startedAt.toISOString()),
      sagas.map(({ updatedAt }) => updatedAt.toISOString()),
    )
  } catch (error) {
    if (isUniqueViolation(error, 'sagas_pkey'))
      throw new ConcurrencyConflict('another transaction began a saga first', { cause: error })
    throw error
  }
}

/** Of sagas that this transaction has locked: what has moved on. */
export const updateSagas = (sql: Sql, sagas: readonly MovedSaga[], now: Date): Promise<number> =>
  sql.execute(
    `UPDATE sagas s
        SET status = new.status, state = new.state::json, version = new.version, wake_at = new.wake_at::timestamptz,
            updated_at = $6::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])
         AS new(saga_id, status, state, version, wake_at)
      WHERE s.saga_id = new.saga_id`,
    sagas.map(({ sagaId }) => sagaId),
    sagas.map(({ status }) => status),
    sagas.map(({ state }) => JSON.stringify(state)),
    sagas.map(({ version }) => version),
    sagas.map(({ wakeAt }) => wakeAt?.toISOString() ?? null),
    now,
  )
