import { batchLastOffset, batchSize, COPY_BELOW_BYTES, ErrorCode } from '#libs/kafka-protocol'
import type { AbortedTransaction } from './aborted-transactions.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './offset-lookup.ts'
import { RetiredSegmentError } from './segment-file.ts'
import type { ReadLimits } from './segment-reader.ts'

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

/** `PartitionLog.read`. */
export function readLog(
  log: LogState,
  offset: number,
  maxBytes: number,
  isolation: IsolationLevel,
  minOneBatch: boolean,
): FetchResult | Promise<FetchResult> {
  if (log.closed) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was closed')
  const { logEndOffset } = log.writer
  if (offset < log.logStartOffset || offset > logEndOffset) {
    return refuse(ErrorCode.OFFSET_OUT_OF_RANGE, `offset ${offset} is outside [${log.logStartOffset}, ${logEndOffset}]`)
  }
  const bound = isolation === 'READ_COMMITTED' ? log.lastStableOffset : log.highWatermark
  if (offset >= bound) return fetched(log, offset, [], isolation)
  const limits = { offset, maxBytes, bound, minOneBatch }
  const recent = log.tail.read(limits)?.map((bytes) => heldFor(log, bytes))
  if (recent !== undefined) return fetched(log, offset, recent, isolation)
  return readSegments(log, limits).then(
    (records) => fetched(log, offset, records, isolation),
    (error: unknown) => {
      // Retention or a deletion took the segment away under the read: ask again, the answer is another one now.
      if (error instanceof RetiredSegmentError) return readLog(log, offset, maxBytes, isolation, minOneBatch)
      const { topic, partition } = log
      log.context.report('error', 'reading a log failed', { topic, partition, offset, reason: String(error) })
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR, `reading ${topic}-${partition} failed: ${error}`)
    },
  )
}

/** For whoever sends it to give back. What is small is copied into the answer, and so would never be given back. */
function heldFor({ context }: LogState, bytes: Buffer): Buffer {
  if (bytes.length < COPY_BELOW_BYTES) return Buffer.from(bytes)
  context.blocks.hold(bytes)
  return bytes
}

/** `PartitionLog.offsetForTimestamp`. */
export async function lookUpOffset(
  log: LogState,
  timestamp: number,
  isolation: IsolationLevel,
): Promise<OffsetAndTimestamp> {
  const end = isolation === 'READ_COMMITTED' ? log.lastStableOffset : log.highWatermark
  if (timestamp === -1) return { offset: end, timestamp: -1, leaderEpoch: log.leaderEpoch }
  if (timestamp === -2) {
    return { offset: log.logStartOffset, timestamp: -1, leaderEpoch: log.epochs.epochAt(log.logStartOffset) }
  }
  const range = { from: log.logStartOffset, to: end, indexInterval: log.config.indexIntervalBytes }
  let found: FoundRecord | undefined
  try {
    found = await (timestamp === -3
      ? findMaxTimestamp([...log.segments], range)
      : findByTimestamp([...log.segments], timestamp, range))
  } catch (error) {
    if (error instanceof RetiredSegmentError && !log.closed) return lookUpOffset(log, timestamp, isolation)
    throw error
  }
  if (found === undefined) return { offset: -1, timestamp: -1, leaderEpoch: -1 }
  return { ...found, leaderEpoch: log.epochs.epochAt(found.offset) }
}

async function readSegments({ segments, config, context }: LogState, limits: ReadLimits): Promise<Buffer[]> {
  const indexInterval = config.indexIntervalBytes
  // An offset may lie in a gap, before the first segment or at the end of another: then the next one has what follows.
  let index = Math.max(
    0,
    segments.findLastIndex((segment) => segment.baseOffset <= limits.offset),
  )
  const found: Buffer[] = []
  let room = limits.maxBytes
  for (let segment = segments[index]; segment !== undefined && room > 0; segment = segments[++index]) {
    const minOneBatch = limits.minOneBatch && found.length === 0
    const records = await segment.read({ ...limits, maxBytes: room, minOneBatch }, indexInterval, context.blocks)
    if (records.length > 0) found.push(records)
    room -= records.length
    // It has more than fits, or than may be seen.
    if (segment.size > 0 && segment.endOffset > endOf(records, limits.offset)) break
  }
  return found
}

/** The offset after the last batch of `records`. */
function endOf(records: Buffer, otherwise: number): number {
  let end = otherwise
  for (let at = 0; at < records.length; at += batchSize(records, at)) end = batchLastOffset(records, at) + 1
  return end
}

function fetched(log: LogState, offset: number, records: readonly Buffer[], isolation: IsolationLevel): FetchResult {
  return {
    ok: true,
    records,
    bytes: records.reduce((sum, batch) => sum + batch.length, 0),
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    abortedTransactions: isolation === 'READ_COMMITTED' ? abortedAmong(log, offset, records) : null,
  }
}

const NONE: readonly AbortedTransaction[] = []

/** What was aborted of the transactions that `records`, read from `offset` on, are part of. */
function abortedAmong({ producers }: LogState, offset: number, records: readonly Buffer[]) {
  const last = records.at(-1)
  if (producers.aborted.size === 0 || last === undefined || last.length === 0) return NONE
  return producers.aborted.overlapping(offset, endOf(last, 0))
}
