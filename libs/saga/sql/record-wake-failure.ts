import type { Sql } from '#libs/database'
import type { SagaKey } from '../saga.ts'

/**
 * Takes down that a saga could not be woken, and when to try again; or, with no such time, that a person must look.
 * Answers nothing when the saga has moved on meanwhile.
 */
export const recordWakeFailure = (
  sql: Sql,
  { type, sagaId }: SagaKey,
  failure: { readonly error: string; readonly again: Date | null; readonly at: Date },
): Promise<number> =>
  sql.execute(
    `UPDATE sagas
        SET wake_failures = wake_failures + 1, wake_error = $3, wake_at = $4::timestamptz,
            status = CASE WHEN $4::timestamptz IS NULL THEN 'needs_attention' ELSE status END
      WHERE type = $1 AND saga_id = $2 AND wake_at <= $5::timestamptz`,
    type,
    sagaId,
    failure.error,
    failure.again,
    failure.at,
  )
