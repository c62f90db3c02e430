import {
  batchAttributes,
  batchBaseSequence,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  compressionOf,
  type EndMarker,
  ErrorCode,
  encodeEndMarker,
  isTransactional,
  rewriteBatch,
  stampBatch,
  stampLogAppendTime,
} from '#libs/kafka-protocol'
import { tooLarge, validateBatch } from './batch-validation.ts'
import { tryReadRecords } from './compaction/clean-batch.ts'
import type { LogConfig } from './log-config.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { lastSequenceOf, type SequencedBatch } from './producer-state.ts'

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

/**
 * Validates one RecordBatch v2 exactly as received and assigns its offsets. Takes ownership of `batch`: base offset
 * and leader epoch are patched in place. A transactional batch that begins a transaction here must be admitted. Never
 * throws for bad input.
 */
export function appendBatch(log: LogState, received: Buffer, isAdmitted: boolean): AppendResult {
  const refusal = unavailable(log)
  if (refusal !== undefined) return refusal
  const now = log.context.now()
  const batch = acceptable(received, log.config, now)
  if ('ok' in batch) return batch
  const sequenced = sequencedBatch(batch)
  const known = sequenced && log.producers.check(sequenced, isAdmitted)
  if (known !== undefined && 'ok' in known) return known
  const logAppendTime = log.config.messageTimestampType === 'LogAppendTime' ? now : -1
  if (known !== undefined) {
    return { ok: true, duplicate: true, baseOffset: known.baseOffset, lastOffset: known.lastOffset, logAppendTime }
  }
  const baseOffset = log.writer.logEndOffset
  const lastOffset = baseOffset + batchLastOffsetDelta(batch)
  if (logAppendTime >= 0) stampLogAppendTime(batch, logAppendTime)
  const at = { baseOffset, lastOffset, timestamp: batchMaxTimestamp(batch) }
  const previous = sequenced && log.producers.apply(sequenced, at, now)
  accept(log, batch, baseOffset, lastOffset, () => {
    if (sequenced !== undefined) log.producers.undo(sequenced.producerId, previous, baseOffset)
  })
  return { ok: true, duplicate: false, baseOffset, lastOffset, logAppendTime }
}

/** `PartitionLog.appendMarker`. */
export function appendMarker(log: LogState, marker: EndMarker, isBumped: boolean): AppendResult {
  const refusal = unavailable(log) ?? log.producers.checkMarker(marker, isBumped)
  if (refusal !== undefined) return refusal
  const now = log.context.now()
  const offset = log.writer.logEndOffset
  const previous = log.producers.applyMarker(marker, offset, now)
  const batch = encodeEndMarker(marker, now)
  if (log.config.messageTimestampType === 'LogAppendTime') stampLogAppendTime(batch, now)
  accept(log, batch, offset, offset, () => log.producers.undo(marker.producerId, previous, offset))
  return { ok: true, duplicate: false, baseOffset: offset, lastOffset: offset, logAppendTime: -1 }
}

/** The batch as it will be stored. */
function acceptable(batch: Buffer, config: LogConfig, now: number): Buffer | LogRefusal {
  const invalid = validateBatch(batch, config, now)
  if (invalid !== undefined) return invalid
  const { compression, compressionLevel } = config
  if (compression === undefined || compression === compressionOf(batchAttributes(batch))) return batch
  const records = tryReadRecords(batch)
  if (records === undefined) return refuse(ErrorCode.INVALID_RECORD, 'the records cannot be decompressed')
  const level = compressionLevel === undefined ? {} : { level: compressionLevel }
  const rewritten = rewriteBatch(batch, records, { compression, ...level })
  return tooLarge(rewritten, config) ?? rewritten
}

function unavailable({ closed, writer }: LogState): LogRefusal | undefined {
  if (closed) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was closed')
  return writer.failure === undefined ? undefined : refuse(ErrorCode.KAFKA_STORAGE_ERROR, writer.failure.message)
}

function accept(log: LogState, batch: Buffer, baseOffset: number, lastOffset: number, undo: () => void): void {
  stampBatch(batch, baseOffset, log.leaderEpoch)
  log.epochs.note(log.leaderEpoch, baseOffset)
  log.changedSinceCheckpoint = true
  log.uncheckpointedBytes += batch.length
  log.writer.accept({ bytes: batch, baseOffset, endOffset: lastOffset + 1, undo })
}

function sequencedBatch(batch: Buffer): SequencedBatch | undefined {
  const producerId = batchProducerId(batch)
  if (producerId < 0) return undefined
  const firstSequence = batchBaseSequence(batch)
  const lastSequence = lastSequenceOf(firstSequence, batchRecordsCount(batch))
  const transactional = isTransactional(batchAttributes(batch))
  return { producerId, epoch: batchProducerEpoch(batch), firstSequence, lastSequence, transactional }
}
