import { setTimeout as delay } from 'node:timers/promises'
import { counter, createLogger, fields, histogram, metrics } from '#libs/observability'
import { CommitPacing } from './commit-pacing.ts'
import type { Database } from './database.ts'
import { isRetryableConflict } from './errors.ts'
import { UnitOfWork } from './unit-of-work.ts'

/** One piece of work that must be atomic: a batch of messages, an HTTP command, a timer that fired. */
export interface Work<T> {
  /** Announces what `run` will read, so that all works of a group are read for in one statement. No I/O. */
  announce?(uow: UnitOfWork): void
  /** May run more than once, always from a rolled-back start: no effect outside of the unit of work. */
  run(uow: UnitOfWork): Promise<T>
  /** How many messages it stands for; bounds the size of a transaction. Default 1. */
  readonly weight?: number
}

interface Queued {
  readonly work: Work<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

export interface GroupCommitOptions {
  /** Messages per transaction, at most; bounds how much is repeated when one of them fails. */
  readonly maxWeight?: number
  readonly clock?: () => Date
  /**
   * How long a group gathers before it begins, milliseconds; default 0. For work that nobody waits for: a read model
   * or a mail that is some milliseconds later costs a fraction of the transactions.
   */
  readonly lingerMs?: number
  /**
   * The longest pause between two transactions of a busy process, milliseconds; default 60. Where transactions write
   * the same rows again and again, a longer one saves rows, too.
   */
  readonly longestPauseMs?: number
}

const CONFLICT_ATTEMPTS = 5

const log = createLogger('group-commit')
const sizes = histogram(metrics.database.groupSize)
const splits = counter(metrics.database.groupSplits)

/**
 * Many pieces of work, one transaction: while one transaction commits, everything submitted queues up and becomes the
 * next one. At rest each piece of work commits alone and at once; under load the costs of a transaction (round trips,
 * fsync) are shared by hundreds. A busy process pauses between two transactions (see `CommitPacing`).
 *
 * A group commits whole or, when any work in it fails, is rolled back and run again one by one, so that a failure
 * hurts nobody but its own. Works of a group run one after the other in the order they were submitted.
 */
export class GroupCommit {
  readonly #queue: Queued[] = []
  readonly #maxWeight: number
  readonly #clock: () => Date
  readonly #lingerMs: number
  readonly #pacing: CommitPacing
  #running = false

  constructor(
    private readonly database: Database,
    options: GroupCommitOptions = {},
  ) {
    this.#maxWeight = options.maxWeight ?? 1_000
    this.#clock = options.clock ?? (() => new Date())
    this.#lingerMs = options.lingerMs ?? 0
    this.#pacing = new CommitPacing(options.longestPauseMs ?? 60)
  }

  /** Resolves once the work is durable; rejects, with nothing of it left, when it failed. */
  submit<T>(work: Work<T>): Promise<T> {
    this.#pacing.arrived(work.weight ?? 1)
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
      if (!this.#running) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#running = true
    // Let everything of this turn of the event loop join the first group.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const waitMs = Math.max(this.#lingerMs, this.#pacing.remainingMs())
      if (waitMs > 0) await delay(waitMs)
      await this.#commitGroup(this.#nextGroup())
      this.#pacing.transactionEnded()
    }
    this.#running = false
  }

  #nextGroup(): Queued[] {
    let weight = 0
    let size = 0
    for (const { work } of this.#queue) {
      weight += work.weight ?? 1
      if (size > 0 && weight > this.#maxWeight) break
      size++
    }
    return this.#queue.splice(0, size)
  }

  async #commitGroup(group: Queued[]): Promise<void> {
    try {
      const results = await this.#transaction(group)
      group.forEach((queued, i) => {
        queued.resolve(results[i])
      })
    } catch (error) {
      if (group.length === 1) return this.#commitAlone(group[0]!, error)
      splits.inc()
      log.warn('a transaction of several failed and is repeated one by one', {
        [fields.count]: group.length,
        [fields.error]: error,
      })
      for (const queued of group) await this.#commitGroup([queued])
    }
  }

  /** The work's first try failed with `error`; only a lost race is worth another. */
  async #commitAlone(queued: Queued, error: unknown): Promise<void> {
    for (let attempt = 2; ; attempt++) {
      if (!isRetryableConflict(error) || attempt > CONFLICT_ATTEMPTS) return queued.reject(error)
      try {
        const [result] = await this.#transaction([queued])
        return queued.resolve(result)
      } catch (next) {
        error = next
      }
    }
  }

  async #transaction(group: Queued[]): Promise<unknown[]> {
    let unit: UnitOfWork | undefined
    const results = await this.database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, this.#clock(), this.database)
      for (const { work } of group) work.announce?.(uow)
      uow.prefetch()
      const values: unknown[] = []
      for (const { work } of group) values.push(await work.run(uow))
      await uow.flush()
      unit = uow
      return values
    })
    unit?.committed()
    sizes.observe(
      {},
      group.reduce((sum, { work }) => sum + (work.weight ?? 1), 0),
    )
    return results
  }
}
