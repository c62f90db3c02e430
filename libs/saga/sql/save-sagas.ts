import type { Sql } from '#libs/database'
import type { StoredSaga } from '../saga.ts'

export const saveSagas = (sql: Sql, sagas: readonly StoredSaga[]): Promise<number> =>
  sql.execute(
    `INSERT INTO sagas
       (saga_id, type, coordination, status, state, version, wake_at, correlation_id, started_at, updated_at)
     SELECT saga_id, type, coordination, status, state::json, version, wake_at::timestamptz, correlation_id,
            started_at::timestamptz, updated_at::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
                   $9::text[], $10::text[])
         AS saga(saga_id, type, coordination, status, state, version, wake_at, correlation_id, started_at, updated_at)
     ON CONFLICT (saga_id) DO UPDATE
        SET status = excluded.status, state = excluded.state, version = excluded.version,
            wake_at = excluded.wake_at, updated_at = excluded.updated_at`,
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
