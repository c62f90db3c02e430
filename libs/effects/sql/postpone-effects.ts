import type { Sql } from '#libs/database'
import type { EffectIdentity } from '../effect.ts'

export interface Postponement extends EffectIdentity {
  readonly attempts: number
  /** Until the row may be taken over, milliseconds from now. */
  readonly dueInMs: number
  readonly error: string
}

/** Records failed attempts: how many, why the last one, and until when the row still belongs to its worker. */
export const postponeEffects = (sql: Sql, postponements: readonly Postponement[]): Promise<number> =>
  sql.execute(
    `UPDATE effects e
     SET attempts = p.attempts, last_error = p.error, due_at = clock_timestamp() + p.due_in_ms * interval '1 millisecond'
     FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[]) AS p (key, id, attempts, due_in_ms, error)
     WHERE e.key = p.key AND e.id = p.id`,
    postponements.map((p) => p.key),
    postponements.map((p) => p.id),
    postponements.map((p) => p.attempts),
    postponements.map((p) => Math.round(p.dueInMs)),
    postponements.map((p) => p.error),
  )
