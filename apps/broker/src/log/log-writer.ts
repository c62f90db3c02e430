import type { CommitRounds } from '../disk/commit-rounds.ts'
import { type CommitTarget, GroupCommit } from '../disk/group-commit.ts'
import type { BlockPool } from './block-pool.ts'
import { LogEnd, type LogEndOptions } from './log-end.ts'
import type { StorageError } from './log-error.ts'
import { LogHealth } from './log-health.ts'
import type { LogSegment } from './log-segment.ts'
import { LogSync } from './log-sync.ts'
import { type PendingBatch, PendingBatches } from './pending-batches.ts'
import type { Report } from './report.ts'

export interface LogWriterOptions extends LogEndOptions {
  /** Of the directory, relative to the data directory. */
  readonly name: string
  readonly rounds: CommitRounds
  readonly report: Report
  readonly blocks: BlockPool
  /** Puts a batch that was written where readers find it, and returns it as it is there. */
  readonly keep: (batch: Buffer) => Buffer
  /** What was kept is now below `writtenEnd`. */
  readonly onWritten: () => void
  /** Everything below is on the device. */
  readonly onDurable: (end: number) => void
}

/** A write larger than this leaves the event loop to a thread. */
const SYNC_WRITE_LIMIT = 1024 * 1024

/** Brings accepted batches into segments by group commit, and gives them back when the disk does not take them. */
export class LogWriter {
  /** End of what is in the page cache. */
  writtenEnd: number
  logEndOffset: number

  private readonly commit: GroupCommit
  private readonly pending = new PendingBatches()
  private readonly end: LogEnd
  private readonly health: LogHealth
  private readonly device: LogSync
  /** A failed write has left something behind the end of the log. */
  private hasLeftover = false

  /** `segments` is the log's own list, oldest first; new ones are added to it. */
  constructor(
    private readonly options: LogWriterOptions,
    private readonly segments: LogSegment[],
    endOffset: number,
  ) {
    this.writtenEnd = endOffset
    this.logEndOffset = endOffset
    this.end = new LogEnd(options, segments)
    this.health = new LogHealth(options)
    const { name, blocks } = options
    this.device = new LogSync({ name, blocks, writtenEnd: () => this.writtenEnd }, this.end, this.health)
    this.commit = new GroupCommit(this.target(), endOffset, options.rounds)
  }

  get idle(): boolean {
    return this.pending.isEmpty
  }

  /** Why nothing is accepted, after a failed sync. */
  get failure(): StorageError | undefined {
    return this.health.failure
  }

  /** Nothing is written any more. */
  close(): void {
    this.health.close()
    this.end.retire()
  }

  accept(batch: PendingBatch): void {
    this.pending.add(batch)
    this.logEndOffset = batch.endOffset
    this.commit.accepted()
  }

  written(endOffset: number): Promise<void> {
    return this.failure === undefined ? this.commit.written(endOffset) : Promise.reject(this.failure)
  }

  durable(endOffset: number): Promise<void> {
    return this.failure === undefined ? this.commit.durable(endOffset) : Promise.reject(this.failure)
  }

  /** Begins a new active segment, whose first batch will be at `baseOffset`. */
  roll(baseOffset: number): void {
    this.end.roll(baseOffset)
  }

  /** The files themselves, whatever the redo log has. */
  syncFiles(): Promise<void> {
    return this.device.syncFiles()
  }

  /** After a failed sync: only when what is in doubt is on the device the log accepts more. */
  async heal(): Promise<void> {
    try {
      if (this.hasLeftover) this.cutLeftover()
      const end = await this.device.again(this.segments)
      this.health.healed()
      this.options.onDurable(end)
    } catch (error) {
      this.health.fail('rewriting', error)
    }
  }

  private target(): CommitTarget {
    const written = () => this.writtenEnd
    return {
      get written() {
        return written()
      },
      write: () => (this.pending.bytes > SYNC_WRITE_LIMIT ? this.writeInThread() : this.writeNow()),
      sync: () => this.device.commit(),
      note: () => this.device.note(),
      becameDurable: (end) => this.options.onDurable(end),
      writeFailed: (error) => this.undoPending(error),
      syncFailed: (error) => this.health.fail('syncing', error),
    }
  }

  private writeNow(): void {
    while (!this.pending.isEmpty) {
      const run = this.end.nextRun(this.pending.all)
      const { active } = this.end
      active.file().writeSync(run, active.size)
      this.runWritten(run)
    }
  }

  private async writeInThread(): Promise<void> {
    while (!this.pending.isEmpty) {
      const run = this.end.nextRun(this.pending.all)
      const { active } = this.end
      const { size } = active
      await active.use((file) => file.write(run, size))
      this.runWritten(run)
    }
  }

  private runWritten(run: readonly Buffer[]): void {
    const { active } = this.end
    const isAwaited = this.commit.hasSyncWaiters
    if (!isAwaited) this.device.skip()
    let position = active.size
    for (const bytes of run) {
      const kept = this.options.keep(bytes)
      if (isAwaited) this.device.wrote(active, position, kept)
      position += bytes.length
    }
    active.wrote(run, this.options.config().indexIntervalBytes)
    this.writtenEnd = this.pending.written(run)
    this.options.onWritten()
  }

  /** After a failed write nothing that waits for one has happened. */
  private undoPending(error: unknown): Error {
    this.pending.undo()
    this.logEndOffset = this.writtenEnd
    try {
      this.cutLeftover()
    } catch {
      // It must not be found behind a clean stop: nothing is accepted before it is gone.
      this.hasLeftover = true
      return this.health.fail('writing', error)
    }
    return this.health.error('writing', error)
  }

  private cutLeftover(): void {
    const { active } = this.end
    active.file().truncate(active.size)
    this.hasLeftover = false
  }
}
