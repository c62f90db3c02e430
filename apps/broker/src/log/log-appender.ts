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
import { validateBatch } from './batch-validation.ts'
import { type LogRefusal, refuse } from './log-error.ts'
import type { LogState } from './log-state.ts'
import { lastSequenceOf } from './producer-state.ts'

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
 * and leader epoch are patched in place. Never throws for bad input.
 */
export function appendBatch(log: LogState, batch: Buffer): AppendResult {
  if (log.closed) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was closed')
  const { failure } = log.writer
  if (failure !== undefined) return refuse(ErrorCode.KAFKA_STORAGE_ERROR, failure.message)
  const now = log.context.now()
  const invalid = validateBatch(batch, log.config, now)
  if (invalid !== undefined) return invalid
  const sequenced = sequencedBatch(batch)
  const known = sequenced && log.producers.check(sequenced)
  if (known !== undefined && 'ok' in known) return known
  const logAppendTime = log.config.messageTimestampType === 'LogAppendTime' ? now : -1
  if (known !== undefined) {
    return { ok: true, duplicate: true, baseOffset: known.baseOffset, lastOffset: known.lastOffset, logAppendTime }
  }
  const baseOffset = log.writer.logEndOffset
  const lastOffset = baseOffset + batchLastOffsetDelta(batch)
  if (logAppendTime >= 0) stampLogAppendTime(batch, logAppendTime)
  stampBatch(batch, baseOffset, log.leaderEpoch)
  const at = { baseOffset, lastOffset, timestamp: batchMaxTimestamp(batch) }
  const previous = sequenced && log.producers.apply(sequenced, at, now)
  const undo = () => sequenced && log.producers.restore(sequenced.producerId, previous)
  log.epochs.note(log.leaderEpoch, baseOffset)
  log.changedSinceCheckpoint = true
  log.uncheckpointedBytes += batch.length
  log.writer.accept({ bytes: batch, baseOffset, endOffset: lastOffset + 1, undo })
  return { ok: true, duplicate: false, baseOffset, lastOffset, logAppendTime }
}

function sequencedBatch(batch: Buffer) {
  const producerId = batchProducerId(batch)
  if (producerId < 0) return undefined
  const firstSequence = batchBaseSequence(batch)
  const lastSequence = lastSequenceOf(firstSequence, batchRecordsCount(batch))
  return { producerId, epoch: batchProducerEpoch(batch), firstSequence, lastSequence }
}
