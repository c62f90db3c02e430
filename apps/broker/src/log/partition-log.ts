import { batchBaseSequence, batchProducerEpoch, batchProducerId, type EndMarker, ErrorCode } from '#libs/kafka-protocol'
import { type CleaningResult, Compactor } from './compaction/compactor.ts'
import { type DirtyRange, dirtyRange } from './compaction/dirty-range.ts'
import { type AppendResult, appendBatch, appendMarker } from './log-appender.ts'
import type { LogConfig } from './log-config.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import type { LoadedLog } from './log-loader.ts'
import { type FetchResult, type IsolationLevel, lookUpOffset, type OffsetAndTimestamp, readLog } from './log-reader.ts'
import { LogState, type PartitionLogContext } from './log-state.ts'
import { LogUpkeep } from './log-upkeep.ts'
import type { ProducerStateEntry } from './producer-state.ts'

/**
 * One partition: append, read, retention, checkpoint. Opened by `LogManager`.
 *
 *     logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset
 *
 * The high watermark is the end of what is in the page cache, as on an unreplicated Kafka: a record becomes visible
 * when the death of this process can no longer take it away, which is before a power cut no longer can. With
 * `flush.messages=1` it is the end of what is on the device.
 */
export class PartitionLog {
  private readonly state: LogState
  private readonly upkeep: LogUpkeep

  constructor(
    readonly topic: string,
    readonly partition: number,
    config: LogConfig,
    context: PartitionLogContext,
    recovered: LoadedLog,
  ) {
    this.state = new LogState(topic, partition, config, context, recovered)
    this.upkeep = new LogUpkeep(this.state)
  }

  get config(): LogConfig {
    return this.state.config
  }

  set config(config: LogConfig) {
    this.state.config = config
  }

  get leaderEpoch(): number {
    return this.state.leaderEpoch
  }

  /** First offset a client may read. */
  get logStartOffset(): number {
    return this.state.logStartOffset
  }

  /** End of what a reader of committed records may see. */
  get lastStableOffset(): number {
    return this.state.lastStableOffset
  }

  /** End of what is readable. */
  get highWatermark(): number {
    return this.state.highWatermark
  }

  /** Offset of the next record; above `highWatermark` while a write is under way. */
  get logEndOffset(): number {
    return this.state.writer.logEndOffset
  }

  /** True after the partition was deleted or the broker began to stop: parked fetches should end. */
  get closed(): boolean {
    return this.state.closed
  }

  /** False after a failed sync, until the doubtful bytes could be written again. */
  get healthy(): boolean {
    return this.state.writer.failure === undefined
  }

  get segmentCount(): number {
    return this.state.segments.length
  }

  /** Bytes in all segments. */
  get size(): number {
    return this.state.segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  /**
   * Validates one RecordBatch v2 exactly as received and assigns its offsets. Takes ownership of `batch`: base offset
   * and leader epoch are patched in place. A transactional batch that begins a transaction here must be admitted.
   * Never throws for bad input.
   */
  append(batch: Buffer, isAdmitted = false): AppendResult {
    return appendBatch(this.state, batch, isAdmitted)
  }

  /**
   * Ends the producer's transaction in this partition, whether it has written here or not. `isBumped`: the epoch must
   * be newer than what it ends.
   */
  appendMarker(marker: EndMarker, isBumped = false): AppendResult {
    return appendMarker(this.state, marker, isBumped)
  }

  /**
   * To be asked before a transactional batch is appended: true when it goes on with what its producer has open here,
   * false when the coordinator has to admit it, which adds the partition to the transaction if `adds`.
   */
  continuesTransaction(batch: Buffer, adds: boolean, isKnown: boolean): boolean | LogRefusal {
    const producer = { producerId: batchProducerId(batch), epoch: batchProducerEpoch(batch) }
    const firstSequence = batchBaseSequence(batch)
    return this.state.producers.continues({ ...producer, firstSequence }, adds, isKnown, this.state.context.now())
  }

  hasOpenTransaction(producerId: number): boolean {
    return this.state.producers.hasOpen(producerId)
  }

  /** What is known of one who writes here. */
  producer(producerId: number): ProducerStateEntry | undefined {
    return this.state.producers.find(producerId)
  }

  /** What is known of those who write here, by producer id. */
  producers(): Iterable<readonly [number, ProducerStateEntry]> {
    return this.state.producers.entries()
  }

  /**
   * Resolves when everything below `endOffset` may be seen: it is in the page cache or, with `flush.messages=1`, on the
   * device. Rejects with StorageError.
   */
  written(endOffset: number): Promise<void> {
    const { writer, flushesFirst } = this.state
    return flushesFirst ? writer.durable(endOffset) : writer.written(endOffset)
  }

  /** Resolves when everything below `endOffset` is on the device; rejects with StorageError. */
  durable(endOffset: number): Promise<void> {
    return this.state.writer.durable(endOffset)
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
    return readLog(this.state, offset, maxBytes, isolation, minOneBatch)
  }

  /** Calls `listener` whenever more may be readable, or the log start moved, or the log was closed; returns its removal. It must not throw. */
  onChange(listener: () => void): () => void {
    return this.state.onChange(listener)
  }

  /**
   * ListOffsets: -1 latest, -2 earliest, -3 the record with the greatest timestamp, otherwise the first record with a
   * timestamp ≥ the given one. Offset and timestamp are -1 when there is none.
   */
  offsetForTimestamp(timestamp: number, isolation: IsolationLevel = 'READ_UNCOMMITTED'): Promise<OffsetAndTimestamp> {
    return lookUpOffset(this.state, timestamp, isolation)
  }

  /** OffsetForLeaderEpoch: the greatest epoch ≤ the given one and where it ended; -1, -1 when unknown. */
  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.state.epochs.endOffset(epoch, this.highWatermark)
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
      this.state.moveLogStart(start)
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
    return this.upkeep.checkpoint()
  }

  /** Periodic work: retention, a checkpoint when it is due, idle handles, a new attempt after a failed sync. */
  maintain(): Promise<void> {
    return this.upkeep.maintain()
  }

  /** What compaction would have to do; undefined when there is nothing, or the topic is not compacted. */
  dirtyRange(): Promise<DirtyRange | undefined> {
    return dirtyRange(this.state)
  }

  /**
   * Compacts that range; `mapBytes` bounds the memory for the last offsets of keys. One call at a time. Undefined when
   * segments went away meanwhile.
   */
  compact(dirty: DirtyRange, mapBytes: number): Promise<CleaningResult | undefined> {
    return new Compactor(this.state, this.upkeep, mapBytes).run(dirty)
  }

  /** Ends parked fetches and refuses appends; what was appended is made durable. */
  async close(): Promise<void> {
    this.end()
    try {
      if (this.healthy && this.state.changedSinceCheckpoint) await this.checkpoint()
    } finally {
      await this.upkeep.discard()
    }
  }

  /**
   * Lets go of files and memory without making anything durable: the partition is being deleted. Afterwards nothing of
   * this log touches the directory again, for another of the same name may take its place.
   */
  discard(): Promise<void> {
    this.end()
    return this.upkeep.discard()
  }

  private end(): void {
    this.state.closed = true
    this.state.notify()
  }
}
