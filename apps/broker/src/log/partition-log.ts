import {
  batchBaseSequence,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  ErrorCode,
  stampBatch,
  stampLogAppendTime,
} from '#libs/kafka-protocol'
import type { FileSystem } from '../disk/file-system.ts'
import { validateBatch } from './batch-validation.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import { type LogSegment, RetiredSegmentError } from './log-segment.ts'
import { LogWriter, type LogWriterOptions } from './log-writer.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './offset-lookup.ts'
import { encodePartitionCheckpoint, writePartitionCheckpoint } from './partition-checkpoint.ts'
import { lastSequenceOf, type ProducerStateManager } from './producer-state.ts'
import type { RecoveredLog } from './recovery.ts'
import { expiredSegments } from './retention.ts'
import type { ReadLimits } from './segment-reader.ts'
import { Tail, type TailCache } from './tail-cache.ts'

/**
 * What `append` decided. Offsets are assigned at once; the bytes are not yet anywhere: call `written` (acks=1) or
 * `durable` (acks=all) with `lastOffset + 1` in the same turn, and answer when it resolves. A duplicate carries the
 * offsets of the original.
 */
export type AppendResult =
  | {
      readonly ok: true
      readonly duplicate: boolean
      readonly baseOffset: number
      readonly lastOffset: number
      /** Milliseconds, or -1 when the topic keeps the client's timestamps. */
      readonly logAppendTime: number
    }
  | LogRefusal

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export type FetchResult =
  | {
      readonly ok: true
      /** Whole batches exactly as they go onto the wire; shared with the log, not to be modified. */
      readonly records: readonly Buffer[]
      readonly bytes: number
      readonly highWatermark: number
      readonly lastStableOffset: number
      readonly logStartOffset: number
      /** Sorted by first offset; null unless the read was READ_COMMITTED. */
      readonly abortedTransactions: readonly AbortedTransaction[] | null
    }
  | LogRefusal

export type IsolationLevel = 'READ_UNCOMMITTED' | 'READ_COMMITTED'

export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** What a partition needs from the store it lives in. */
export interface PartitionLogContext {
  readonly fs: FileSystem
  readonly directory: string
  readonly now: () => number
  readonly tails: TailCache
  readonly leaderEpoch: number
  readonly report: LogWriterOptions['report']
}

/** A crash costs a scan of at most this much time or this many bytes of appends. */
const CHECKPOINT_MS = 60_000
const CHECKPOINT_BYTES = 64 * 1024 * 1024

/**
 * One partition: append, read, retention, checkpoint. Opened by `LogManager`.
 *
 *     logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset
 *
 * The high watermark is the end of what is in the page cache, as on an unreplicated Kafka: a record becomes visible
 * when the death of this process can no longer take it away, which is before a power cut no longer can.
 */
export class PartitionLog {
  readonly leaderEpoch: number
  config: LogConfig
  /** First offset a client may read. */
  logStartOffset: number
  /** True after the partition was deleted or the broker began to stop: parked fetches should end. */
  closed = false

  private readonly segments: LogSegment[]
  private readonly producers: ProducerStateManager
  private readonly epochs: LeaderEpochs
  private readonly tail = new Tail()
  private readonly writer: LogWriter
  private readonly listeners = new Set<() => void>()
  private changedSinceCheckpoint: boolean
  private bytesSinceCheckpoint = 0
  private lastCheckpoint: number
  private housekeeping: Promise<unknown> = Promise.resolve()

  constructor(
    readonly topic: string,
    readonly partition: number,
    config: LogConfig,
    private readonly context: PartitionLogContext,
    recovered: RecoveredLog,
  ) {
    this.config = config
    this.leaderEpoch = context.leaderEpoch
    this.segments = recovered.segments
    this.producers = recovered.producers
    this.epochs = recovered.epochs
    this.logStartOffset = recovered.logStartOffset
    this.lastCheckpoint = context.now()
    this.changedSinceCheckpoint = recovered.scannedBytes > 0
    const onWritten: LogWriterOptions['onWritten'] = (batches) => {
      for (const { bytes } of batches) context.tails.add(this.tail, bytes)
      this.notify()
    }
    const options = { ...context, config: () => this.config, onWritten }
    this.writer = new LogWriter(options, recovered.segments, recovered.endOffset)
  }

  /** End of what is readable. */
  get highWatermark(): number {
    return this.writer.highWatermark
  }

  /** Offset of the next record; above `highWatermark` while a write is under way. */
  get logEndOffset(): number {
    return this.writer.logEndOffset
  }

  /** The high watermark: transactions are not supported, so none is ever open. */
  get lastStableOffset(): number {
    return this.highWatermark
  }

  /** False after a failed sync, until the doubtful bytes could be written again. */
  get healthy(): boolean {
    return this.writer.failure === undefined
  }

  /** Bytes in all segments. */
  get size(): number {
    return this.segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  /**
   * Validates one RecordBatch v2 exactly as received and assigns its offsets. Takes ownership of `batch`: base offset
   * and leader epoch are patched in place. Never throws for bad input.
   */
  append(batch: Buffer): AppendResult {
    if (this.closed) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was closed')
    const { failure } = this.writer
    if (failure !== undefined) return refuse(ErrorCode.KAFKA_STORAGE_ERROR, failure.message)
    const now = this.context.now()
    const invalid = validateBatch(batch, this.config, now)
    if (invalid !== undefined) return invalid
    const sequenced = sequencedBatch(batch)
    const known = sequenced && this.producers.check(sequenced)
    if (known !== undefined && 'ok' in known) return known
    const logAppendTime = this.config.messageTimestampType === 'LogAppendTime' ? now : -1
    if (known !== undefined) {
      return { ok: true, duplicate: true, baseOffset: known.baseOffset, lastOffset: known.lastOffset, logAppendTime }
    }
    const baseOffset = this.logEndOffset
    const lastOffset = baseOffset + batchLastOffsetDelta(batch)
    if (logAppendTime >= 0) stampLogAppendTime(batch, logAppendTime)
    stampBatch(batch, baseOffset, this.leaderEpoch)
    const at = { baseOffset, lastOffset, timestamp: batchMaxTimestamp(batch) }
    const previous = sequenced && this.producers.apply(sequenced, at, now)
    const undo = () => sequenced && this.producers.restore(sequenced.producerId, previous)
    this.epochs.note(this.leaderEpoch, baseOffset)
    this.changedSinceCheckpoint = true
    this.bytesSinceCheckpoint += batch.length
    this.writer.accept({ bytes: batch, baseOffset, endOffset: lastOffset + 1, undo })
    return { ok: true, duplicate: false, baseOffset, lastOffset, logAppendTime }
  }

  /** Resolves when everything below `endOffset` is in the page cache; rejects with StorageError. */
  written(endOffset: number): Promise<void> {
    return this.writer.written(endOffset)
  }

  /** Resolves when everything below `endOffset` is on the device; rejects with StorageError. */
  durable(endOffset: number): Promise<void> {
    return this.writer.durable(endOffset)
  }

  /**
   * Whole batches from the one that contains `offset`. `maxBytes` is soft: the first batch is always returned, unless
   * `minOneBatch` is false and it does not fit. Synchronous when the tail in memory has it.
   */
  read(
    offset: number,
    maxBytes: number,
    isolation: IsolationLevel = 'READ_UNCOMMITTED',
    minOneBatch = true,
  ): FetchResult | Promise<FetchResult> {
    if (this.closed) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was closed')
    if (offset < this.logStartOffset || offset > this.logEndOffset) {
      return refuse(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `offset ${offset} is outside [${this.logStartOffset}, ${this.logEndOffset}]`,
      )
    }
    const bound = isolation === 'READ_COMMITTED' ? this.lastStableOffset : this.highWatermark
    if (offset >= bound) return this.fetched([], isolation)
    const limits = { offset, maxBytes, bound, minOneBatch }
    const recent = this.tail.read(limits)
    if (recent !== undefined) return this.fetched(recent, isolation)
    return this.readSegments(limits).then(
      (records) => this.fetched(records, isolation),
      (error: unknown) => {
        // Retention or a deletion took the segment away under the read: ask again, the answer is another one now.
        if (error instanceof RetiredSegmentError) return this.read(offset, maxBytes, isolation, minOneBatch)
        const { topic, partition } = this
        this.context.report('error', 'reading a log failed', { topic, partition, offset, reason: String(error) })
        return refuse(ErrorCode.KAFKA_STORAGE_ERROR, `reading ${topic}-${partition} failed: ${error}`)
      },
    )
  }

  /** Calls `listener` whenever more may be readable, or the log start moved, or the log was closed; returns its removal. It must not throw. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * ListOffsets: -1 latest, -2 earliest, -3 the record with the greatest timestamp, otherwise the first record with a
   * timestamp ≥ the given one. Offset and timestamp are -1 when there is none.
   */
  async offsetForTimestamp(
    timestamp: number,
    isolation: IsolationLevel = 'READ_UNCOMMITTED',
  ): Promise<OffsetAndTimestamp> {
    const end = isolation === 'READ_COMMITTED' ? this.lastStableOffset : this.highWatermark
    if (timestamp === -1) return { offset: end, timestamp: -1, leaderEpoch: this.leaderEpoch }
    if (timestamp === -2) {
      return { offset: this.logStartOffset, timestamp: -1, leaderEpoch: this.epochs.epochAt(this.logStartOffset) }
    }
    const range = { from: this.logStartOffset, to: end, indexInterval: this.config.indexIntervalBytes }
    let found: FoundRecord | undefined
    try {
      found = await (timestamp === -3
        ? findMaxTimestamp([...this.segments], range)
        : findByTimestamp([...this.segments], timestamp, range))
    } catch (error) {
      if (error instanceof RetiredSegmentError && !this.closed) return this.offsetForTimestamp(timestamp, isolation)
      throw error
    }
    if (found === undefined) return { offset: -1, timestamp: -1, leaderEpoch: -1 }
    return { ...found, leaderEpoch: this.epochs.epochAt(found.offset) }
  }

  /** OffsetForLeaderEpoch: the greatest epoch ≤ the given one and where it ended; -1, -1 when unknown. */
  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.epochs.endOffset(epoch, this.highWatermark)
  }

  /** DeleteRecords: moves the log start (-1 = to the high watermark), durably. Resolves to the new log start. */
  async deleteRecordsBefore(
    offset: number,
  ): Promise<{ readonly ok: true; readonly logStartOffset: number } | LogRefusal> {
    const start = offset === -1 ? this.highWatermark : offset
    if (start < 0 || start > this.highWatermark) {
      return refuse(ErrorCode.OFFSET_OUT_OF_RANGE, `cannot delete up to ${start}, the end is ${this.highWatermark}`)
    }
    if (start > this.logStartOffset) {
      this.moveLogStart(start)
      try {
        await this.checkpoint()
      } catch (error) {
        return refuse(ErrorCode.KAFKA_STORAGE_ERROR, `the new log start could not be stored: ${error}`)
      }
    }
    return { ok: true, logStartOffset: this.logStartOffset }
  }

  /** Makes the log durable and writes down what a restart then need not scan. */
  checkpoint(): Promise<void> {
    return this.exclusively(() => this.writeCheckpoint())
  }

  /** Periodic work: retention, a checkpoint when it is due, idle handles, a new attempt after a failed sync. */
  maintain(): Promise<void> {
    return this.exclusively(async () => {
      if (this.closed) return
      if (!this.healthy) await this.writer.heal()
      this.producers.expire(this.context.now())
      await this.applyRetention()
      if (this.checkpointIsDue()) await this.writeCheckpoint()
      for (const segment of this.segments) segment.releaseIdle(segment === this.segments.at(-1))
    })
  }

  /** Ends parked fetches and refuses appends; what was appended is made durable. */
  async close(): Promise<void> {
    this.closed = true
    this.notify()
    try {
      if (this.healthy && this.changedSinceCheckpoint) await this.checkpoint()
    } finally {
      await this.discard()
    }
  }

  /**
   * Lets go of files and memory without making anything durable: the partition is being deleted. Afterwards nothing of
   * this log touches the directory again, for another of the same name may take its place.
   */
  discard(): Promise<void> {
    this.closed = true
    this.notify()
    return this.exclusively(async () => {
      this.writer.closed = true
      this.context.tails.forget(this.tail)
      for (const segment of this.segments) segment.retire()
    })
  }

  /** Retention, checkpoints and closing take turns, since each relies on files that another one replaces. */
  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.housekeeping.then(work)
    this.housekeeping = turn.catch(() => {})
    return turn
  }

  /** Deletes what retention no longer covers. */
  private async applyRetention(): Promise<void> {
    const expired = await expiredSegments(this.segments, this.config, this.logStartOffset, this.context.now())
    if (expired === 0) return
    // The active segment goes too when it is expired, but the log must keep its end offset in a file name.
    if (expired === this.segments.length) {
      if (!this.writer.idle) return
      this.writer.roll(this.highWatermark)
    }
    const removed = this.segments.slice(0, expired)
    this.moveLogStart(Math.max(this.logStartOffset, this.segments[expired]!.baseOffset))
    // A crash after the removal must find the new log start, not a hole where the old one was.
    await this.writeCheckpoint()
    this.segments.splice(0, expired)
    for (const segment of removed) await segment.remove()
    await this.context.fs.syncDirectory(this.context.directory)
  }

  private fetched(records: readonly Buffer[], isolation: IsolationLevel): FetchResult {
    return {
      ok: true,
      records,
      bytes: records.reduce((sum, batch) => sum + batch.length, 0),
      highWatermark: this.highWatermark,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.logStartOffset,
      abortedTransactions: isolation === 'READ_COMMITTED' ? [] : null,
    }
  }

  private async readSegments(limits: ReadLimits): Promise<Buffer[]> {
    let index = this.segments.findLastIndex((segment) => segment.baseOffset <= limits.offset)
    // An offset may lie in a gap at the end of a segment, then the next one has what follows.
    for (let segment = this.segments[index]; segment !== undefined; segment = this.segments[++index]) {
      const records = await segment.read(limits, this.config.indexIntervalBytes)
      if (records.length > 0) return [records]
      if (segment.endOffset > limits.offset) break
    }
    return []
  }

  private checkpointIsDue(): boolean {
    const old = this.context.now() - this.lastCheckpoint >= CHECKPOINT_MS
    return this.changedSinceCheckpoint && (old || this.bytesSinceCheckpoint >= CHECKPOINT_BYTES)
  }

  private async writeCheckpoint(): Promise<void> {
    const recoveryPoint = this.logEndOffset
    const encoded = encodePartitionCheckpoint({
      logStartOffset: this.logStartOffset,
      recoveryPoint,
      epochs: this.epochs.list(),
      producers: [...this.producers.entries()],
    })
    this.changedSinceCheckpoint = false
    this.bytesSinceCheckpoint = 0
    this.lastCheckpoint = this.context.now()
    try {
      // The state was taken at this offset, so the log must reach it before the state is written down.
      await this.durable(recoveryPoint)
      await this.writer.syncDirectory()
      for (const segment of this.segments) await segment.saveIndex()
      await writePartitionCheckpoint(this.context.fs, this.context.directory, encoded)
    } catch (error) {
      this.changedSinceCheckpoint = true
      throw error
    }
  }

  private moveLogStart(offset: number): void {
    this.logStartOffset = offset
    this.epochs.trimStart(offset)
    this.notify()
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener()
  }
}

function sequencedBatch(batch: Buffer) {
  const producerId = batchProducerId(batch)
  if (producerId < 0) return undefined
  const firstSequence = batchBaseSequence(batch)
  const lastSequence = lastSequenceOf(firstSequence, batchRecordsCount(batch))
  return { producerId, epoch: batchProducerEpoch(batch), firstSequence, lastSequence }
}
