/** The columns of a saga under the names of `StoredSaga`. */
export const COLUMNS = `saga_id AS "sagaId", type, coordination, status, state, version, wake_at AS "wakeAt",
  correlation_id AS "correlationId", started_at AS "startedAt", updated_at AS "updatedAt"`
