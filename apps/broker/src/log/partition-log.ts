import type { LogConfig } from './log-config.ts'
import type { LogRefusal } from './log-error.ts'

/**
 * What `append` decided. Offsets are assigned at once; the bytes are not yet anywhere: await `written` (acks=1) or
 * `durable` (acks=all) for `lastOffset + 1` before answering. A duplicate carries the offsets of the original.
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

/** One partition. Opened by `LogManager`; everything below is its public face. */
export declare class PartitionLog {
  readonly topic: string
  readonly partition: number
  config: LogConfig

  /** First offset a client may read. */
  readonly logStartOffset: number
  /** End of what is readable: everything below is at least in the page cache, so it survives the death of this process. */
  readonly highWatermark: number
  /** Offset of the next record; above `highWatermark` while a write is under way. */
  readonly logEndOffset: number
  /** First offset of the oldest open transaction, else the high watermark. */
  readonly lastStableOffset: number
  readonly leaderEpoch: number
  /** Bytes in all segments. */
  readonly size: number

  /**
   * Validates one RecordBatch v2 exactly as received and assigns its offsets. Takes ownership of `batch`: base offset
   * and leader epoch are patched in place. Never throws for bad input.
   */
  append(batch: Buffer): AppendResult

  /** Resolves when everything below `endOffset` is in the page cache; rejects with StorageError. */
  written(endOffset: number): Promise<void>
  /** Resolves when everything below `endOffset` is on the device; rejects with StorageError. */
  durable(endOffset: number): Promise<void>

  /**
   * Whole batches from the one that contains `offset`. `maxBytes` is soft: the first batch is always returned, unless
   * `minOneBatch` is false and it does not fit. Synchronous when the tail in memory has it.
   */
  read(
    offset: number,
    maxBytes: number,
    isolation?: IsolationLevel,
    minOneBatch?: boolean,
  ): FetchResult | Promise<FetchResult>

  /** Calls `listener` whenever more may be readable, or the log start moved, or the log was closed; returns its removal. */
  onChange(listener: () => void): () => void
  /** True after the partition was deleted or the broker began to stop: parked fetches should end. */
  readonly closed: boolean

  /**
   * ListOffsets: -1 latest, -2 earliest, -3 the record with the greatest timestamp, otherwise the first record with a
   * timestamp ≥ the given one. Offset and timestamp are -1 when there is none.
   */
  offsetForTimestamp(timestamp: number, isolation?: IsolationLevel): Promise<OffsetAndTimestamp>
  /** OffsetForLeaderEpoch: the greatest epoch ≤ the given one and where it ended; -1, -1 when unknown. */
  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number }

  /** DeleteRecords: moves the log start (-1 = to the high watermark), durably. Resolves to the new log start. */
  deleteRecordsBefore(offset: number): Promise<{ readonly ok: true; readonly logStartOffset: number } | LogRefusal>
}
