import { setTimeout as delay } from 'node:timers/promises'
import { type Database, type GroupCommit, storableText } from '#libs/database'
import { Poller } from '#libs/loops'
import {
  counter,
  createLogger,
  expectSpan,
  fields,
  histogram,
  metrics,
  recordSpan,
  spanTime,
} from '#libs/observability'
import { type Effect, type EffectKinds, effectFields, type Outcome } from './effect.ts'
import type { EffectDefinition } from './effect-definition.ts'
import { effectSpan, isTraced, traceCall } from './effect-trace.ts'
import { Leases } from './leases.ts'
import { type LocalWorker, registerWorker } from './local-workers.ts'
import { OutcomeRecorder } from './outcome-recorder.ts'
import { Postponements } from './postponements.ts'
import { backoffMs, failureOf, type RetryPolicy, withTimeout } from './retry.ts'
import { claimEffects } from './sql/claim-effects.ts'
import { nextDue } from './sql/next-due.ts'

export interface EffectWorkerOptions<Kinds extends EffectKinds> extends EffectDefinition<Kinds> {
  readonly database: Database
  readonly groupCommit: GroupCommit
}

const log = createLogger('effects')
const attempts = counter(metrics.effects.attempts)
const duration = histogram(metrics.effects.duration)

/** What a lease lasts longer than a call, milliseconds: time to record the outcome. One that waits longer is renewed. */
const LEASE_RESERVE_MS = 5_000
/** Effects held in memory per slot; the rest waits in the table. */
const HELD_PER_SLOT = 8
/** Between two tries to renew leases while the database is away, milliseconds. */
const RENEW_AGAIN_MS = 500
/** Of an error that is kept with its effect. */
const MAX_ERROR_LENGTH = 500

/**
 * Makes the calls that committed transactions asked for, outside of any transaction, and records how each ended.
 *
 * An effect's way through a worker:
 *
 *     in the table ──claim──▶ READY ──slot free──▶ CALLING ──answer──▶ RECORDING ──commit──▶ gone, row and all
 *        commit ──hand-over────▲                      │ no answer, attempts left
 *                              └────── WAITING ◀──────┘ (no attempts left: RECORDING, as failed)
 *
 * An outcome that cannot be recorded is parked, never called for again (`OutcomeRecorder`).
 *
 * From claim or hand-over to its end the row carries this worker's lease. When the process dies anywhere on the way,
 * the lease runs out and another worker repeats the call with the same idempotency key; when both come back, the one
 * that deletes the row records the outcome and the other one's is dropped.
 */
export class EffectWorker<Kinds extends EffectKinds> implements LocalWorker {
  readonly #leases: Leases
  readonly #outcomes: OutcomeRecorder
  readonly #options: EffectWorkerOptions<Kinds>
  readonly #kinds: string[]
  readonly #concurrency: number
  readonly #poll: { readonly minMs: number; readonly maxMs: number }
  /** Every effect between hand-over and end, whatever its state. */
  readonly #held = new Map<string, Effect>()
  /** `spanTime` at which each of those was taken whose spans are wanted. */
  readonly #takenAt = new Map<string, number>()
  readonly #ready: Effect[] = []
  readonly #calling = new Map<string, AbortController>()
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  readonly #activities = new Set<Promise<void>>()
  readonly #postponements: Postponements
  readonly #poller = new Poller(() => this.#claim())
  #renewals: NodeJS.Timeout | undefined
  #renewing = false
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
    const longestMs = Math.max(...this.#kinds.map((kind) => this.#retry(kind).timeoutMs))
    this.#leases = new Leases(options.database, options.leaseMs ?? longestMs + LEASE_RESERVE_MS)
    this.#outcomes = new OutcomeRecorder(options as never)
  }

  get owner(): string {
    return this.#leases.owner
  }

  get leaseMs(): number {
    return this.#leases.durationMs
  }

  start(): void {
    this.#unregister = registerWorker(this.#options.database, this.#kinds, this)
    this.#renewals = setInterval(() => this.#renewOld(), this.leaseMs / 3)
    this.#poller.start()
  }

  /** Lets calls under way end within the grace, aborts the rest, and gives back every lease. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#unregister()
    clearInterval(this.#renewals)
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    const abort = setTimeout(() => {
      for (const call of this.#calling.values()) call.abort(new Error('the worker stops'))
    }, this.#options.graceMs ?? 3_000)
    await this.#poller.stop()
    while (this.#activities.size > 0) await Promise.allSettled(this.#activities)
    await this.#postponements.saved()
    clearTimeout(abort)
    await this.#leases
      .release([...this.#held.values()])
      .catch((error: unknown) =>
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
      if (isTraced(effect)) this.#takenAt.set(effect.id, spanTime())
      this.#leases.begun(effect)
      this.#ready.push(effect)
    }
    this.#pump()
  }

  expect(): void {
    this.#moreInTable = true
    if (this.#held.size === 0) this.#poller.now()
    else this.#poller.within(this.#poll.minMs)
  }

  get #capacity(): number {
    return this.#concurrency * HELD_PER_SLOT
  }

  #retry(kind: string): RetryPolicy {
    const { retry } = this.#options
    return typeof retry === 'function' ? retry(kind) : retry
  }

  #pump(): void {
    while (!this.#stopping && this.#calling.size < this.#concurrency && this.#ready.length > 0) {
      // A call is begun under a lease that outlasts it, or by whoever has it now.
      if (this.#leases.isOld(this.#ready[0]!)) {
        this.#renewOld()
        return
      }
      this.#track(this.#call(this.#ready.shift()!))
    }
  }

  /** Of everything that is not merely waiting for its next attempt: then the row says itself until when it is ours. */
  #renewOld(): void {
    const old = [...this.#held.values()].filter((effect) => !this.#waiting.has(effect.id) && this.#leases.isOld(effect))
    if (this.#renewing || this.#stopping || old.length === 0) return
    this.#renewing = true
    this.#track(
      this.#renew(old).finally(() => {
        this.#renewing = false
        this.#pump()
      }),
    )
  }

  async #renew(old: readonly Effect[]): Promise<void> {
    try {
      const ours = await this.#leases.renew(old)
      for (const effect of old) if (!ours.has(effect.id)) this.#lost(effect)
    } catch (error) {
      log.warn('leases of external calls not renewed', { [fields.error]: error })
      await delay(RENEW_AGAIN_MS)
    }
  }

  /** Another worker has it; when our own call comes back, whoever records first has its say. */
  #lost(effect: Effect): void {
    const at = this.#ready.findIndex(({ id }) => id === effect.id)
    if (at < 0) return
    this.#ready.splice(at, 1)
    this.#done(effect)
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
    const startedAt = spanTime()
    let outcome: Outcome | undefined
    let failure: unknown
    try {
      const perform = this.#options.perform[effect.kind]!
      const value = await withTimeout(this.#retry(effect.kind).timeoutMs, abort, (signal) =>
        perform(effect as never, signal),
      )
      outcome = { status: 'answered', value }
      attempts.inc({ kind: effect.kind, result: 'succeeded' })
    } catch (error) {
      failure = error
      outcome = this.#stopping ? undefined : this.#unanswered(effect, error)
    } finally {
      measured(effect.cause.traceparent)
      if (isTraced(effect)) traceCall(effect, startedAt, failure)
      this.#calling.delete(effect.id)
      this.#pump()
    }
    if (outcome === undefined) return
    const takenAt = this.#takenAt.get(effect.id)
    if (takenAt !== undefined) expectSpan(effectSpan(effect, takenAt))
    if (!(await this.#outcomes.record(effect, outcome, () => this.#stopping))) return
    if (takenAt !== undefined) recordSpan(effectSpan(effect, takenAt))
    this.#done(effect)
  }

  /** Waits for another attempt, or answers the outcome when that was the last one. */
  #unanswered(effect: Effect, error: unknown): Outcome | undefined {
    const tried = { ...effect, attempts: effect.attempts + 1 }
    const last = tried.attempts >= this.#retry(effect.kind).maxAttempts
    attempts.inc({ kind: effect.kind, result: last ? 'failed' : 'retried' })
    log.warn('external call got no usable answer', { ...effectFields(tried), last, error })
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
      this.#leases.begun(effect)
      this.#ready.push(effect)
      this.#pump()
    }
    this.#waiting.set(id, setTimeout(again, delayMs))
    this.#postponements.add({
      key,
      id,
      attempts,
      dueInMs: delayMs + this.leaseMs,
      error: storableText(String(error), MAX_ERROR_LENGTH),
    })
  }

  #done(effect: Effect): void {
    this.#held.delete(effect.id)
    this.#takenAt.delete(effect.id)
    this.#leases.ended(effect)
    if (this.#moreInTable && this.room() >= this.#capacity / 2) this.#poller.now()
  }

  /** Answers when to look again, milliseconds. */
  async #claim(): Promise<number> {
    const { database } = this.#options
    const { minMs, maxMs } = this.#poll
    const room = this.room()
    if (room <= 0) return minMs
    this.#moreInTable = false
    try {
      const claimed = await claimEffects(database, this.#kinds, room, this.#leases)
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
