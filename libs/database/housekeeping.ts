import { setTimeout as sleep } from 'node:timers/promises'
import { counter, createLogger, fields, metrics } from '#libs/observability'
import type { Database } from './database.ts'
import { type Retention, type RetentionHours, retentionAsSet } from './retention.ts'
import { pruneRows } from './sql/prune-rows.ts'

const EVERY_MS = 60_000
/** Rows per statement: some tens of milliseconds. */
const BATCH_ROWS = 5_000

const log = createLogger('housekeeping')
const pruned = counter(metrics.database.prunedRows)

export interface HousekeepingOptions {
  readonly database: Database
  readonly retention: readonly Retention[]
  /** What the environment says, by setting. */
  readonly hours?: RetentionHours
  readonly clock?: () => Date
}

/**
 * Removes rows whose time is over: every minute everything that is due, in batches that nobody has to wait for, with a
 * pause behind each as long as it took. Of several replicas one does so at a time.
 */
export class Housekeeping {
  readonly #database: Database
  readonly #retention: readonly Retention[]
  readonly #clock: () => Date
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor({ database, retention, hours = {}, clock = () => new Date() }: HousekeepingOptions) {
    this.#database = database
    this.#clock = clock
    this.#retention = retention.map((declared) => {
      const set = retentionAsSet(declared, hours)
      if (set.isShort) log.warn('kept for less than is safe', { table: set.table, setting: set.setting })
      return set
    })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Removes everything that is due now, and answers how many rows that were. */
  async prune(): Promise<number> {
    let count = 0
    for (const retention of this.#retention) count += await this.#pruneTable(retention)
    return count
  }

  async #run(): Promise<void> {
    while (await this.#pause(EVERY_MS)) {
      try {
        await this.prune()
      } catch (error) {
        log.warn('not everything that was due could be removed', { [fields.error]: error })
      }
    }
  }

  async #pruneTable(retention: Retention): Promise<number> {
    const until = new Date(this.#clock().getTime() - retention.keptMs)
    let from = new Date(0)
    for (let total = 0; ; ) {
      const startedAt = performance.now()
      const { count, latest } = await pruneRows(this.#database, retention, from, until, BATCH_ROWS)
      total += count
      pruned.inc({ table: retention.table }, count)
      if (count < BATCH_ROWS || !(await this.#pause(performance.now() - startedAt))) return total
      from = latest!
    }
  }

  /** False when it is time to stop. */
  #pause(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.#stopping.signal, ref: false }).catch(() => false)
  }
}
