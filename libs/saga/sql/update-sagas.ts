import type { Sql } from '#libs/database'
import type { MovedSaga } from '../saga.ts'

/** Of sagas that this transaction has locked: what has moved on. Whatever kept one from waking up is over with that. */
export const updateSagas = (sql: Sql, sagas: readonly MovedSaga[], now: Date): Promise<number> =>
  sql.execute(
    `UPDATE sagas s
        SET status = new.status, state = new.state::json, state_version = new.state_version,
            version = new.version, wake_at = new.wake_at::timestamptz, wake_failures = 0, wake_error = NULL,
            updated_at = $7::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $8::smallint[])
         AS new(type, saga_id, status, state, version, wake_at, state_version)
      WHERE s.type = new.type AND s.saga_id = new.saga_id`,
    sagas.map(({ type }) => type),
    sagas.map(({ sagaId }) => sagaId),
    sagas.map(({ status }) => status),
    sagas.map(({ state }) => JSON.stringify(state)),
    sagas.map(({ version }) => version),
    sagas.map(({ wakeAt }) => wakeAt?.toISOString() ?? null),
    now,
    sagas.map(({ stateVersion }) => stateVersion),
  )
