import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PartitionLog } from '../partition-log.ts'
import type { Report } from '../report.ts'
import { RetiredSegmentError } from '../segment-file.ts'
import type { DirtyRange } from './dirty-range.ts'

/** A log that could not be cleaned is left alone for so long. */
const RETRY_MS = 5 * 60_000
const LOOKED_AT_IN_A_TURN = 500

export interface LogCleanerOptions {
  readonly logs: () => Iterable<PartitionLog>
  readonly now: () => number
  readonly report: Report
  /** What the last offsets of keys may take while one log is cleaned. */
  readonly mapBytes: () => number
}

/** Compacts one log at a time, the dirtiest first. */
export class LogCleaner {
  private running: Promise<void> | undefined
  private readonly failed = new WeakMap<PartitionLog, number>()
  private stopped = false

  constructor(private readonly options: LogCleanerOptions) {}

  /** Cleans until no log is due; joins a run that is under way. */
  run(): Promise<void> {
    this.running ??= this.cleanAll().finally(() => {
      this.running = undefined
    })
    return this.running
  }

  /** Resolves when the log under way has been given up; the logs must have been closed. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  private async cleanAll(): Promise<void> {
    for (let next = await this.dirtiest(); next !== undefined; next = await this.dirtiest()) {
      const { log, dirty } = next
      try {
        const result = await log.compact(dirty, this.options.mapBytes())
        if (result === undefined) continue
        this.options.report('info', 'a log was compacted', { topic: log.topic, partition: log.partition, ...result })
      } catch (error) {
        this.giveUp(log, error)
      }
    }
  }

  private async dirtiest(): Promise<{ log: PartitionLog; dirty: DirtyRange } | undefined> {
    let found: { log: PartitionLog; dirty: DirtyRange } | undefined
    for (const [index, log] of [...this.options.logs()].entries()) {
      if (index % LOOKED_AT_IN_A_TURN === LOOKED_AT_IN_A_TURN - 1) await nextTurn()
      if (this.stopped) return undefined
      if (log.closed || (this.failed.get(log) ?? 0) > this.options.now()) continue
      const dirty = await log.dirtyRange().catch((error: unknown) => this.giveUp(log, error))
      if (dirty?.isDue && dirty.ratio > (found?.dirty.ratio ?? -1)) found = { log, dirty }
    }
    return found
  }

  private giveUp(log: PartitionLog, error: unknown): undefined {
    // Retention was there first: what is left is looked at anew.
    if (error instanceof RetiredSegmentError) return
    this.failed.set(log, this.options.now() + RETRY_MS)
    if (log.closed) return
    const { topic, partition } = log
    this.options.report('error', 'compacting a log failed', { topic, partition, reason: String(error) })
  }
}
