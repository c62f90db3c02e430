import type { Effect, Outcome } from './effect.ts'

/**
 * Why an outcome was put aside. `refused`: the decision was that it cannot be, e.g. an answer that nobody waits for.
 * `apply_failed`: recording it failed every time.
 */
export type ParkedEffectReason = 'refused' | 'apply_failed'

/** A call that was made, and whose outcome could not be recorded: it waits for a person. */
export interface NewParkedEffect {
  readonly effect: Effect
  readonly outcome: Outcome
  readonly reason: ParkedEffectReason
  readonly error: string
}

export interface ParkedEffect extends Omit<Effect, 'attempts'>, Omit<NewParkedEffect, 'effect'> {
  /** The order in which they were parked. */
  readonly seq: bigint
  readonly parkedAt: Date
}
