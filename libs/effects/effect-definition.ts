import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import type { AnyEffect, AnyOutcome, Effect, EffectKinds } from './effect.ts'
import type { RecordingPolicy } from './outcome-recorder.ts'
import type { NewParkedEffect } from './parked-effect.ts'
import type { RetryPolicy } from './retry.ts'

/** The calls of a service: how they are made, how hard they are tried, and how what came of them is recorded. */
export interface EffectDefinition<Kinds extends EffectKinds> {
  /**
   * Makes one call. Resolves with whatever the outside world answered on purpose; throws when there was no usable
   * answer, and is called again then. Must pass on an idempotency key: the effect's id, or one that all effects share
   * which ask for the same thing.
   */
  readonly perform: {
    [K in keyof Kinds & string]: (
      effect: Effect<K, Kinds[K]['payload']>,
      signal: AbortSignal,
    ) => Promise<Kinds[K]['answer']>
  }
  readonly retry: RetryPolicy | ((kind: keyof Kinds & string) => RetryPolicy)
  /** Announces what `apply` will read. */
  announce?(uow: UnitOfWork, effect: AnyEffect<Kinds>): void
  /**
   * Records how it ended; commits together with the end of the effect itself, exactly once. A refusal means that nothing
   * was written and that the outcome is put aside; what throws every time is put aside, too.
   */
  apply(
    uow: UnitOfWork,
    effect: AnyEffect<Kinds>,
    outcome: AnyOutcome<Kinds>,
  ): Promise<Refusal | undefined> | Promise<void>
  readonly recording?: RecordingPolicy
  /** Told, in the transaction that puts it aside, of a call whose outcome could not be recorded. */
  onParked?(uow: UnitOfWork, parked: NewParkedEffect): void
  /** Calls at the same time. Default 64. */
  readonly concurrency?: number
  /** The shortest and the longest time between two looks at the table, milliseconds. Default 500 and 5,000. */
  readonly poll?: { readonly minMs: number; readonly maxMs: number }
  /** How long a lease lasts without being renewed, milliseconds. Default: the longest time-out and 5 s. */
  readonly leaseMs?: number
  /** How long `stop` waits for calls that are under way, milliseconds. Default 3,000. */
  readonly graceMs?: number
  readonly random?: () => number
}
