import type { CommitRounds } from '../disk/commit-rounds.ts'
import { type CommitTarget, GroupCommit } from '../disk/group-commit.ts'
import type { RedoNote } from '../redo/redo-log.ts'
import type { BlockPool } from './block-pool.ts'
import { LogEnd, type LogEndOptions } from './log-end.ts'
import { StorageError } from './log-error.ts'
import type { LogSegment } from './log-segment.ts'
import type { Report } from './report.ts'
import { RetiredSegmentError } from './segment-file.ts'
import { UnsyncedBytes } from './unsynced-bytes.ts'

export interface PendingBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly endOffset: number
  /** Gives back what accepting the batch took, should its write fail. */
  readonly undo: () => void
}

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

/** Brings accepted batches into segments and onto the device: group commit, and what to do when the disk fails. */
export class LogWriter {
  /** End of what is in the page cache. */
  writtenEnd: number
  logEndOffset: number
  /** Set by a failed sync: nobody knows what the device holds, so nothing more may be acknowledged on top of it. */
  failure: StorageError | undefined

  private isClosed = false
  private readonly commit: GroupCommit
  private hasLeftover = false
  private pending: PendingBatch[] = []
  private pendingBytes = 0
  private readonly end: LogEnd
  private readonly unsynced: UnsyncedBytes

  /** `segments` is the log's own list, oldest first; new ones are added to it. */
  constructor(
    private readonly options: LogWriterOptions,
    private readonly segments: LogSegment[],
    endOffset: number,
  ) {
    this.writtenEnd = endOffset
    this.logEndOffset = endOffset
    this.end = new LogEnd(options, segments)
    this.unsynced = new UnsyncedBytes(options.blocks)
    this.commit = new GroupCommit(this.target(), endOffset, options.rounds)
  }

  get idle(): boolean {
    return this.pending.length === 0
  }

  get closed(): boolean {
    return this.isClosed
  }

  /** Nothing is written any more: what is still on its way fails, and that is no news. */
  close(): void {
    this.isClosed = true
    this.end.retire()
  }

  accept(batch: PendingBatch): void {
    this.pending.push(batch)
    this.pendingBytes += batch.bytes.length
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

  /**
   * After a failed sync the kernel may have dropped the pages, so another sync proves nothing. The bytes are still
   * readable in most cases: they are checked, written again and synced; only then does the log accept more.
   */
  async heal(): Promise<void> {
    try {
      if (this.hasLeftover) this.cutLeftover()
      for (const segment of this.segments) await segment.rewriteUnsynced()
      const end = await this.sync()
      this.failure = undefined
      this.options.onDurable(end)
      this.options.report('info', 'the log accepts writes again', { directory: this.options.directory })
    } catch (error) {
      this.failure = this.storageError('rewriting', error)
    }
  }

  private target(): CommitTarget {
    const written = () => this.writtenEnd
    return {
      get written() {
        return written()
      },
      write: () => (this.pendingBytes > SYNC_WRITE_LIMIT ? this.writeInThread() : this.writeNow()),
      sync: () => this.commitFiles(),
      note: () => this.note(),
      becameDurable: (end) => this.options.onDurable(end),
      writeFailed: (error) => this.undoPending(error),
      syncFailed: (error) => this.syncFailed(error),
    }
  }

  private syncFailed(error: unknown): StorageError {
    this.failure = this.storageError('syncing', error)
    return this.failure
  }

  /** A new segment is not in its directory yet, and only a sync of the files tells after a failure. */
  private note(): RedoNote | undefined {
    if (this.end.isNew || this.failure !== undefined || this.closed) return undefined
    return this.unsynced.take(this.options.name, (segment) => this.settle(segment))
  }

  /** The redo log has what this segment may not have. */
  private async settle(segment: LogSegment): Promise<void> {
    try {
      await segment.sync()
    } catch (error) {
      if (error instanceof RetiredSegmentError) return
      if (this.failure === undefined) this.syncFailed(error)
      throw error
    }
  }

  private writeNow(): void {
    while (this.pending.length > 0) {
      const run = this.end.nextRun(this.pending)
      const { active } = this.end
      active.file().writeSync(run, active.size)
      this.runWritten(run)
    }
  }

  private async writeInThread(): Promise<void> {
    while (this.pending.length > 0) {
      const run = this.end.nextRun(this.pending)
      const { active } = this.end
      const { size } = active
      await active.use((file) => file.write(run, size))
      this.runWritten(run)
    }
  }

  private runWritten(run: readonly Buffer[]): void {
    const written = this.pending.splice(0, run.length)
    const { active } = this.end
    const isAwaited = this.commit.hasSyncWaiters
    if (!isAwaited) this.unsynced.lose()
    let position = active.size
    for (const bytes of run) {
      this.pendingBytes -= bytes.length
      const kept = this.options.keep(bytes)
      if (isAwaited) this.unsynced.add(active, position, kept)
      position += bytes.length
    }
    active.wrote(run, this.options.config().indexIntervalBytes)
    this.writtenEnd = written.at(-1)!.endOffset
    this.options.onWritten()
  }

  /** After a failed write nothing that waits for one has happened: offsets and sequence numbers are given back. */
  private undoPending(error: unknown): Error {
    for (const { undo } of this.pending.reverse()) undo()
    this.pending = []
    this.pendingBytes = 0
    this.logEndOffset = this.writtenEnd
    const failure = this.storageError('writing', error)
    try {
      this.cutLeftover()
    } catch {
      // It must not be found behind a clean stop: nothing is accepted before it is gone.
      this.hasLeftover = true
      this.failure = failure
    }
    return failure
  }

  /** What a failed write has left behind the end of the log. */
  private cutLeftover(): void {
    const { active } = this.end
    active.file().truncate(active.size)
    this.hasLeftover = false
  }

  /** For those who wait: from here on only what is written now is left to be made durable. */
  private async commitFiles(): Promise<number> {
    this.unsynced.clear()
    try {
      return await this.sync()
    } catch (error) {
      this.unsynced.lose()
      throw error
    }
  }

  /** The files themselves, whatever the redo log has. */
  async syncFiles(): Promise<void> {
    try {
      await this.sync()
    } catch (error) {
      this.unsynced.lose()
      throw this.syncFailed(error)
    }
  }

  private async sync(): Promise<number> {
    const end = this.writtenEnd
    await this.end.sync()
    return end
  }

  private storageError(doing: string, cause: unknown): StorageError {
    const { directory, report } = this.options
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (!this.closed) report('error', `${doing} a log failed`, { directory, reason })
    return new StorageError(`${doing} ${directory} failed: ${reason}`, { cause })
  }
}
