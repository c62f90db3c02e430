import { setTimeout as delay } from 'node:timers/promises'
import { type Database, Faults, type GroupCommit, storableText, type UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { counter, createLogger, describeError, metrics } from '#libs/observability'
import { type Effect, effectFields, type Outcome } from './effect.ts'
import { Effects } from './effects.ts'
import type { NewParkedEffect } from './parked-effect.ts'
import { backoffMs, type RetryPolicy } from './retry.ts'

export interface OutcomeRecorderOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  announce?(uow: UnitOfWork, effect: Effect): void
  apply(uow: UnitOfWork, effect: Effect, outcome: Outcome): Promise<Refusal | undefined> | Promise<void>
  readonly recording?: RecordingPolicy
  /** Told, in the transaction that puts it aside, of what waits for a person. */
  onParked?(uow: UnitOfWork, parked: NewParkedEffect): void
}

/** How often `apply` may fail before the outcome is put aside. */
export type RecordingPolicy = Pick<RetryPolicy, 'maxAttempts' | 'backoff'>

/** Some twenty seconds from the first failure to the last. */
const PATIENT: RecordingPolicy = { maxAttempts: 8, backoff: { firstMs: 200, factor: 2, maxMs: 5_000 } }
/** A parked outcome must be written sooner or later: nothing of the service's own takes part in that. Milliseconds. */
const PARK_AGAIN_MS = 1_000

const log = createLogger('effects')
const parked = counter(metrics.effects.parked)

/**
 * Records how calls ended. The call was made and will not be made again for this: as long as the database is away its
 * outcome is kept; one that is refused, or that fails every time, is parked with all that is known of it.
 */
export class OutcomeRecorder {
  constructor(private readonly options: OutcomeRecorderOptions) {}

  /** False when it gave up because of `stopping`: then the call is repeated by whoever takes the effect over. */
  async record(effect: Effect, outcome: Outcome, stopping: () => boolean): Promise<boolean> {
    const faults = new Faults(this.options.database)
    const { maxAttempts, backoff } = this.options.recording ?? PATIENT
    for (let attempt = 1; ; ) {
      try {
        await this.#apply(effect, outcome)
        return true
      } catch (error) {
        log.error('outcome of an external call not recorded', { ...effectFields(effect), attempt, error })
        if (stopping()) return false
        const failed = !(await faults.isAway(error))
        if (failed && attempt >= maxAttempts) return this.#park(effect, outcome, error, stopping)
        await delay(backoffMs(backoff, attempt, Math.random()))
        if (failed) attempt++
      }
    }
  }

  async #apply(effect: Effect, outcome: Outcome): Promise<void> {
    const { announce, apply } = this.options
    const refusal = await this.options.groupCommit.submit({
      announce: (uow) => {
        uow.part(Effects).announceOutcome(effect)
        announce?.(uow, effect)
      },
      run: async (uow) => {
        const effects = uow.part(Effects)
        if (!(await effects.take(effect))) return undefined
        const refusal = await apply(uow, effect, outcome)
        if (refusal) this.#putAside(uow, { effect, outcome, reason: 'refused', error: textOf(refusal) })
        return refusal
      },
    })
    if (refusal) this.#parked(effect, 'refused', textOf(refusal))
  }

  async #park(effect: Effect, outcome: Outcome, error: unknown, stopping: () => boolean): Promise<boolean> {
    const reason = 'apply_failed'
    const text = storableText(describeError(error), MAX_ERROR_LENGTH)
    while (!stopping()) {
      try {
        await this.options.groupCommit.submit({
          run: async (uow) => {
            if (await uow.part(Effects).take(effect)) this.#putAside(uow, { effect, outcome, reason, error: text })
          },
        })
        this.#parked(effect, reason, text)
        return true
      } catch (again) {
        log.error('cannot park the outcome of an external call', { ...effectFields(effect), error: again })
        await delay(PARK_AGAIN_MS)
      }
    }
    return false
  }

  #putAside(uow: UnitOfWork, parked: NewParkedEffect): void {
    uow.part(Effects).park(parked)
    this.options.onParked?.(uow, parked)
  }

  #parked(effect: Effect, reason: string, error: string): void {
    parked.inc({ kind: effect.kind, reason })
    log.error('outcome of an external call parked', { ...effectFields(effect), reason, error })
  }
}

const MAX_ERROR_LENGTH = 2_000

const textOf = ({ refused, detail }: Refusal): string => (detail === undefined ? refused : `${refused}: ${detail}`)
