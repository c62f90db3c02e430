import type { CommitRounds } from '../disk/commit-rounds.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { BlockPool } from './block-pool.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LoadedLog } from './log-loader.ts'
import type { LogSegment } from './log-segment.ts'
import { LogWriter } from './log-writer.ts'
import type { ProducerStateManager } from './producer-state.ts'
import type { Report } from './report.ts'
import { Tail, type TailCache } from './tail-cache.ts'

/** What a partition needs from the store it lives in. */
export interface PartitionLogContext {
  readonly fs: FileSystem
  readonly directory: string
  readonly now: () => number
  readonly tails: TailCache
  readonly blocks: BlockPool
  readonly rounds: CommitRounds
  /** Of the directory, relative to the data directory. */
  readonly name: string
  /** Before another file takes the place of one: a crash must not bring back what was in the old one. */
  readonly forget: (path: string) => Promise<void>
  readonly leaderEpoch: number
  readonly report: Report
}

/** What appending, reading and upkeep of one partition share. */
export class LogState {
  /** First offset a client may read. */
  logStartOffset: number
  /** End of what a client may read. */
  highWatermark: number
  /** True after the partition was deleted or the broker began to stop: parked fetches should end. */
  closed = false
  /** Bytes appended since the last checkpoint; what a crash would cost to scan. */
  uncheckpointedBytes = 0
  /** Something happened that the last checkpoint does not tell. */
  changedSinceCheckpoint: boolean
  /** Below, compaction has left one record per key. */
  cleanedUpTo: number
  gapsBelow: number
  /** A cleaned segment could not quite take the place of its originals: only a restart can tell which are there. */
  hasUnfinishedSwap = false

  readonly leaderEpoch: number
  /** Oldest first, never empty; the last one is the active segment. */
  readonly segments: LogSegment[]
  readonly producers: ProducerStateManager
  readonly epochs: LeaderEpochs
  readonly tail = new Tail()
  readonly writer: LogWriter
  private readonly listeners = new Set<() => void>()

  constructor(
    readonly topic: string,
    readonly partition: number,
    public config: LogConfig,
    readonly context: PartitionLogContext,
    recovered: LoadedLog,
  ) {
    this.leaderEpoch = context.leaderEpoch
    this.segments = recovered.segments
    this.producers = recovered.producers
    this.epochs = recovered.epochs
    this.logStartOffset = recovered.logStartOffset
    this.changedSinceCheckpoint = recovered.scannedBytes > 0
    this.cleanedUpTo = recovered.cleanedUpTo
    this.gapsBelow = recovered.gapsBelow
    this.highWatermark = recovered.endOffset
    const onWritten = () => this.written()
    const onDurable = (end: number) => this.show(end)
    const keep = (batch: Buffer) => context.tails.add(this.tail, batch)
    const options = { ...context, config: () => this.config, keep, onWritten, onDurable }
    this.writer = new LogWriter(options, recovered.segments, recovered.endOffset)
    this.producers.open.written(recovered.endOffset)
  }

  /** Nothing may be seen, or told of, before it is on the device. */
  get flushesFirst(): boolean {
    return this.config.flushMessages === 1
  }

  /** Below it every transaction has ended, and its marker is readable. */
  get lastStableOffset(): number {
    const { highWatermark } = this
    const { first } = this.producers.open
    return first < highWatermark ? Math.max(first, this.logStartOffset) : highWatermark
  }

  private written(): void {
    const { writer } = this
    if (!this.flushesFirst) this.show(writer.writtenEnd)
    // After a failed sync it is seen once the log has healed.
    else writer.durable(writer.writtenEnd).catch(() => {})
  }

  private show(end: number): void {
    if (end <= this.highWatermark) return
    this.highWatermark = end
    this.producers.open.written(end)
    this.notify()
  }

  moveLogStart(offset: number): void {
    this.logStartOffset = offset
    this.epochs.trimStart(offset)
    this.producers.aborted.trimStart(offset)
    this.notify()
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  notify(): void {
    for (const listener of [...this.listeners]) listener()
  }
}
