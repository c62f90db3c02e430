import { type Database, DatabaseUnavailable, type GroupCommit, type UnitOfWork } from '#libs/database'
import { counter, createLogger, fields, histogram, metrics } from '#libs/observability'
import type { AnyEffect, AnyOutcome, Effect, EffectKinds, Outcome } from './effect.ts'
import { Effects } from './effects.ts'
import { type LocalWorker, registerWorker } from './local-workers.ts'
import { Lookout } from './lookout.ts'
import { Postponements } from './postponements.ts'
import { backoffMs, failureOf, type RetryPolicy, withTimeout } from './retry.ts'
import { claimEffects } from './sql/claim-effects.ts'
import { nextDue } from './sql/next-due.ts'
import { releaseEffects } from './sql/release-effects.ts'

export interface EffectWorkerOptions<Kinds extends EffectKinds> {
  readonly database: Database
  readonly groupCommit: GroupCommit
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
  /** Records how it ended; commits together with the end of the effect itself, exactly once. */
  apply(uow: UnitOfWork, effect: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): Promise<void>
  /** Calls at the same time. Default 64. */
  readonly concurrency?: number
  /** The shortest and the longest time between two looks at the table, milliseconds. Default 500 and 5,000. */
  readonly poll?: { readonly minMs: number; readonly maxMs: number }
  /** How long `stop` waits for calls that are under way, milliseconds. Default 3,000. */
  readonly graceMs?: number
  readonly random?: () => number
}

const log = createLogger('effects')
const attempts = counter({
  name: metrics.effects.attempts,
  help: 'External calls by result',
  labels: ['kind', 'result'],
})
const duration = histogram({ name: metrics.effects.duration, help: 'Seconds of one external call', labels: ['kind'] })

/** What a lease lasts longer than a call, milliseconds: time to wait for a slot and to record the outcome. */
const LEASE_RESERVE_MS = 5_000
/** Effects held in memory per slot; the rest waits in the table. */
const HELD_PER_SLOT = 8
/** Between tries to record an outcome that is known, milliseconds. */
const RECORD_AGAIN_MS = 500

/**
 * Makes the calls that committed transactions asked for, outside of any transaction, and records how each ended.
 *
 * An effect's way through a worker:
 *
 *     in the table ──claim──▶ READY ──slot free──▶ CALLING ──answer──▶ RECORDING ──commit──▶ gone, row and all
 *        commit ──hand-over────▲                      │ no answer, attempts left
 *                              └────── WAITING ◀──────┘ (no attempts left: RECORDING, as failed)
 *
 * From claim or hand-over to its end the row carries this worker's lease. When the process dies anywhere on the way,
 * the lease runs out and another worker repeats the call with the same idempotency key; when both come back, the one
 * that deletes the row records the outcome and the other one's is dropped.
 */
export class EffectWorker<Kinds extends EffectKinds> implements LocalWorker {
  readonly leaseMs: number
  readonly #options: EffectWorkerOptions<Kinds>
  readonly #kinds: string[]
  readonly #concurrency: number
  readonly #poll: { readonly minMs: number; readonly maxMs: number }
  /** Every effect between hand-over and end, whatever its state. */
  readonly #held = new Map<string, Effect>()
  readonly #ready: Effect[] = []
  readonly #calling = new Map<string, AbortController>()
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  readonly #activities = new Set<Promise<void>>()
  readonly #postponements: Postponements
  readonly #lookout = new Lookout(() => this.#claim())
  /** The table may hold something that this worker could take. */
  #moreInTable = false
  #unregister: () => void = () => {}
  #stopping = false

  constructor(options: EffectWorkerOptions<Kinds>) {
    this.#options = options
    this.#kinds = Object.keys(options.perform)
    this.#concurrency = options.concurrency ?? 64
    this.#postponements = new Postponements(options.database)
    this.#poll = options.poll ?? { minMs: 500, maxMs: 5_000 }
    this.leaseMs = Math.max(...this.#kinds.map((kind) => this.#retry(kind).timeoutMs)) + LEASE_RESERVE_MS
  }

  start(): void {
    this.#unregister = registerWorker(this.#options.database, this.#kinds, this)
    this.#lookout.now()
  }

  /** Lets calls under way end within the grace, aborts the rest, and gives back every lease. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#unregister()
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    const abort = setTimeout(() => {
      for (const call of this.#calling.values()) call.abort(new Error('the worker stops'))
    }, this.#options.graceMs ?? 3_000)
    await this.#lookout.stop()
    while (this.#activities.size > 0) await Promise.allSettled(this.#activities)
    await this.#postponements.saved()
    clearTimeout(abort)
    if (this.#held.size > 0)
      await releaseEffects(this.#options.database, [...this.#held.values()]).catch((error: unknown) =>
        log.warn('leases not given back, they run out by themselves', { [fields.error]: error }),
      )
  }

  room(): number {
    return this.#stopping ? 0 : this.#capacity - this.#held.size
  }

  accept(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#held.has(effect.id)) continue
      this.#held.set(effect.id, effect)
      this.#ready.push(effect)
    }
    this.#pump()
  }

  expect(): void {
    this.#moreInTable = true
    if (this.#held.size === 0) this.#lookout.now()
    else this.#lookout.within(this.#poll.minMs)
  }

  get #capacity(): number {
    return this.#concurrency * HELD_PER_SLOT
  }

  #retry(kind: string): RetryPolicy {
    const { retry } = this.#options
    return typeof retry === 'function' ? retry(kind) : retry
  }

  #pump(): void {
    while (!this.#stopping && this.#calling.size < this.#concurrency && this.#ready.length > 0)
      this.#track(this.#call(this.#ready.shift()!))
  }

  /** `stop` waits for it. */
  #track(activity: Promise<void>): void {
    this.#activities.add(activity)
    void activity.finally(() => this.#activities.delete(activity))
  }

  async #call(effect: Effect): Promise<void> {
    const abort = new AbortController()
    this.#calling.set(effect.id, abort)
    const measured = duration.startTimer({ kind: effect.kind })
    let outcome: Outcome | undefined
    try {
      const perform = this.#options.perform[effect.kind]!
      const value = await withTimeout(this.#retry(effect.kind).timeoutMs, abort, (signal) =>
        perform(effect as never, signal),
      )
      outcome = { status: 'answered', value }
      attempts.inc({ kind: effect.kind, result: 'succeeded' })
    } catch (error) {
      outcome = this.#stopping ? undefined : this.#unanswered(effect, error)
    } finally {
      measured()
      this.#calling.delete(effect.id)
      this.#pump()
    }
    if (outcome !== undefined) await this.#record(effect, outcome)
  }

  /** Waits for another attempt, or answers the outcome when that was the last one. */
  #unanswered(effect: Effect, error: unknown): Outcome | undefined {
    const tried = { ...effect, attempts: effect.attempts + 1 }
    const last = tried.attempts >= this.#retry(effect.kind).maxAttempts
    attempts.inc({ kind: effect.kind, result: last ? 'failed' : 'retried' })
    log.warn('external call got no usable answer', { ...about(tried), last, error })
    if (last) return { status: 'failed', reason: failureOf(error) }
    this.#wait(tried, error)
    return undefined
  }

  #wait(effect: Effect, error: unknown): void {
    const random = this.#options.random ?? Math.random
    const delayMs = backoffMs(this.#retry(effect.kind).backoff, effect.attempts, random())
    const { key, id, attempts } = effect
    const again = () => {
      this.#waiting.delete(id)
      this.#ready.push(effect)
      this.#pump()
    }
    this.#waiting.set(id, setTimeout(again, delayMs))
    this.#postponements.add({ key, id, attempts, dueInMs: delayMs + this.leaseMs, error: String(error).slice(0, 500) })
  }

  /** The call was made and its outcome is known: it is recorded however often the database is away meanwhile. */
  async #record(effect: Effect, outcome: Outcome): Promise<void> {
    const { groupCommit, announce, apply } = this.#options
    const typed = effect as AnyEffect<Kinds>
    for (;;) {
      try {
        await groupCommit.submit({
          announce: (uow) => {
            uow.part(Effects).announceOutcome(effect)
            announce?.(uow, typed)
          },
          run: async (uow) => {
            if (await uow.part(Effects).take(effect)) await apply(uow, typed, outcome as AnyOutcome<Kinds>)
          },
        })
        return this.#done(effect)
      } catch (error) {
        log.error('outcome of an external call not recorded', { ...about(effect), error })
        if (this.#stopping) return
        if (!(error instanceof DatabaseUnavailable))
          return this.#wait({ ...effect, attempts: effect.attempts + 1 }, error)
        await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN_MS))
      }
    }
  }

  #done(effect: Effect): void {
    this.#held.delete(effect.id)
    if (this.#moreInTable && this.room() >= this.#capacity / 2) this.#lookout.now()
  }

  /** Answers when to look again, milliseconds. */
  async #claim(): Promise<number> {
    const { database } = this.#options
    const { minMs, maxMs } = this.#poll
    const room = this.room()
    if (room <= 0) return minMs
    this.#moreInTable = false
    try {
      const claimed = await claimEffects(database, this.#kinds, room, this.leaseMs)
      this.accept(claimed)
      const dueInMs = claimed.length < room ? await nextDue(database, this.#kinds) : 0
      if (dueInMs !== undefined && dueInMs <= 0) this.#moreInTable = true
      return this.#moreInTable ? minMs : Math.min(Math.max(dueInMs ?? maxMs, minMs), maxMs)
    } catch (error) {
      log.warn('external calls not claimed', { [fields.error]: error })
      return maxMs
    }
  }
}

const about = ({ id, kind, key, attempts, cause }: Effect) => ({
  effectId: id,
  kind,
  [fields.key]: key,
  [fields.attempts]: attempts,
  [fields.correlationId]: cause.correlationId,
})
