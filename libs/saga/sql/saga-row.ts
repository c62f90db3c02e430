/** The columns of a saga under the names of `StoredSaga`. */
export const COLUMNS = `type, saga_id AS "sagaId", coordination, status, state, state_version AS "stateVersion", version, wake_at AS "wakeAt",
  correlation_id AS "correlationId", traceparent, wake_failures AS "wakeFailures", wake_error AS "wakeError",
  started_at AS "startedAt", updated_at AS "updatedAt"`
