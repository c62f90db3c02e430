import { type Database, Faults, type GroupCommit } from '#libs/database'
import { Poller } from '#libs/loops'
import { counter, createLogger, fields, metrics } from '#libs/observability'
import type { ConsumerContext } from '../consumer-context.ts'
import type { ParkedMessage } from './parked-message.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { failed, RetryWork } from './retry-work.ts'
import { dueHeads } from './sql/due-heads.ts'
import { nextAttemptAt } from './sql/next-attempt.ts'
import { queueOfKey } from './sql/queue-of-key.ts'
import { failureVerdict } from './verdict.ts'

/** How late a message is noticed that another process parked, or that was left as the head of its key. */
const FLOOR_MS = 5_000
const HEADS_PER_PASS = 100
/** Keys whose messages are handled at the same time; they share transactions. */
const KEYS_AT_ONCE = 20
/** Messages of one key handled in one transaction, once what held them back is done. */
const RUN_LENGTH = 100

export interface RetrierOptions {
  readonly context: ConsumerContext
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly policy: RetryPolicy
  /** Topics that are worked as queues: whoever works them retries what of them is parked. */
  readonly queues?: readonly string[]
}

/**
 * Handles parked messages when their time has come: the first message of each key, and when that succeeds what queued
 * up behind it, in order. Several processes may do so at once, see `takeParked`.
 */
export class Retrier {
  readonly #log = createLogger('retrier')
  readonly #retries = counter(metrics.messaging.retries)
  readonly #poller = new Poller(() => this.#look())
  #stopped = true

  constructor(private readonly options: RetrierOptions) {}

  start(): void {
    this.#stopped = false
    this.#poller.start()
  }

  /** Resolves when the attempt under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#poller.stop()
  }

  /** Something was parked: when its time comes has to be found out again. */
  wake(): void {
    this.#poller.now()
  }

  async #look(): Promise<number> {
    try {
      return await this.#runPass()
    } catch (error) {
      this.#log.warn('retries wait', { [fields.error]: error })
      return FLOOR_MS
    }
  }

  /** Answers when to look again, in milliseconds. */
  async #runPass(): Promise<number> {
    const { database, context, queues = [] } = this.options
    const heads = await dueHeads(database, context.consumer, queues, new Date(), HEADS_PER_PASS)
    for (let from = 0; from < heads.length && !this.#stopped; from += KEYS_AT_ONCE) {
      // One key's trouble is not the others': each says for itself what went wrong.
      const outcomes = await Promise.allSettled(
        heads.slice(from, from + KEYS_AT_ONCE).map((head) => this.#retryKey(head)),
      )
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') this.#log.warn('retry waits', { [fields.error]: outcome.reason })
      if (outcomes.some(({ status }) => status === 'rejected')) return FLOOR_MS
    }
    if (heads.length === HEADS_PER_PASS) return 0
    const next = await nextAttemptAt(database, context.consumer, queues)
    return next === undefined ? FLOOR_MS : Math.min(FLOOR_MS, Math.max(0, next.getTime() - Date.now()))
  }

  /** From `head` on until the key is empty, fails or is being handled by another process. */
  async #retryKey(head: ParkedMessage): Promise<void> {
    const { database, context } = this.options
    if (!(await this.#handled([head])) || head.key === null) return
    for (;;) {
      const queue = await queueOfKey(database, context.consumer, head.topic, head.key, RUN_LENGTH)
      // Up to the next one that has its own time, or waits for a person.
      const end = queue.findIndex(({ status }) => status !== 'queued')
      const run = end < 0 ? queue : queue.slice(0, end)
      if (run.length === 0 || this.#stopped || !(await this.#handled(run))) return
    }
  }

  /**
   * Handles messages of one key; a failure among several is narrowed down to the first message that fails alone. False
   * when the key has to wait: for its next attempt, or for another process.
   */
  async #handled(run: readonly ParkedMessage[]): Promise<boolean> {
    const work = new RetryWork(this.options.context, run)
    try {
      const retried = await this.options.groupCommit.submit(work)
      if (retried === 'taken') return false
      this.#retries.inc({ result: 'succeeded' }, retried.handled)
      for (const { message, refusal } of retried.refused) this.#dead(message, { ...refusal })
      return true
    } catch (error) {
      // A database that is away is waited for; whatever else it was, this message's turn is over for now.
      if (await new Faults(this.options.database).isAway(error)) throw error
      if (run.length > 1) return this.#handled(run.slice(0, Math.max(1, work.current ?? 1)))
      await this.#failed(run[0]!, error)
      return false
    }
  }

  async #failed(message: ParkedMessage, error: unknown): Promise<void> {
    const { groupCommit, context, policy } = this.options
    const attempts = message.attempts + 1
    const verdict = failureVerdict(error, { attempts, hasKey: message.key !== null, policy, now: new Date() })
    await groupCommit.submit({ run: (uow) => failed(uow, context.consumer, message, verdict) })
    if (verdict.status === 'dead') return this.#dead(message, { [fields.error]: error })
    this.#retries.inc({ result: 'failed' })
    this.#log.warn('retry failed', { ...placeOf(message), attempts, [fields.error]: error })
  }

  #dead(message: ParkedMessage, why: Readonly<Record<string, unknown>>): void {
    this.#retries.inc({ result: 'dead' })
    this.#log.error('message is a dead letter', { ...placeOf(message), attempts: message.attempts + 1, ...why })
  }
}

const placeOf = ({ topic, partition, offset }: ParkedMessage) => ({ topic, partition, offset })
