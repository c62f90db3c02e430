import {
  BATCH_OVERHEAD,
  BATCH_PREFIX,
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchLastOffsetDelta,
  batchMagic,
  batchMaxTimestamp,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  Compression,
  compressionOf,
  ErrorCode,
  isBatchIntact,
  isControl,
  readRecords,
  visitRecords,
} from '#libs/kafka-protocol'
import type { LogConfig } from './log-config.ts'
import { type LogRefusal, refuse } from './log-error.ts'

const { CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE } = ErrorCode
const NO_TIMESTAMP = -1

/**
 * What Kafka's LogValidator asks of a batch from a producer, in its order: framing, size, CRC, header, records. The
 * records of a compressed batch are looked into only where the topic asks something of each of them.
 */
export function validateBatch(batch: Buffer, config: LogConfig, now: number): LogRefusal | undefined {
  return checkFrame(batch, config) ?? checkHeader(batch) ?? checkRecords(batch, config, now)
}

function checkFrame(batch: Buffer, config: LogConfig): LogRefusal | undefined {
  if (batch.length < BATCH_PREFIX + 5) return refuse(INVALID_RECORD, 'the record set holds no batch')
  const magic = batchMagic(batch)
  if (magic < 2) return refuse(INVALID_RECORD, `message format ${magic} is no longer supported`)
  if (magic > 2) return refuse(CORRUPT_MESSAGE, `unknown message format ${magic}`)
  if (batch.length < BATCH_OVERHEAD) return refuse(CORRUPT_MESSAGE, `a batch of ${batch.length} bytes has no header`)
  const size = batchSize(batch)
  if (size < BATCH_OVERHEAD || size > batch.length) {
    return refuse(CORRUPT_MESSAGE, `batch length ${size} does not fit the ${batch.length} bytes received`)
  }
  if (size < batch.length) return refuse(INVALID_RECORD, 'exactly one batch per partition may be produced')
  const refusal = tooLarge(batch, config)
  if (refusal !== undefined) return refusal
  return isBatchIntact(batch) ? undefined : refuse(CORRUPT_MESSAGE, 'the CRC does not match')
}

export function tooLarge({ length }: Buffer, { maxMessageBytes }: LogConfig): LogRefusal | undefined {
  if (length <= maxMessageBytes) return undefined
  return refuse(MESSAGE_TOO_LARGE, `the batch of ${length} bytes exceeds max.message.bytes ${maxMessageBytes}`)
}

function checkHeader(batch: Buffer): LogRefusal | undefined {
  const count = batchRecordsCount(batch)
  if (batchBaseOffset(batch) !== 0) return refuse(INVALID_RECORD, 'the base offset of a new batch must be 0')
  if (count <= 0 || batchLastOffsetDelta(batch) + 1 !== count) {
    return refuse(INVALID_RECORD, `${count} records with last offset delta ${batchLastOffsetDelta(batch)}`)
  }
  if (isControl(batchAttributes(batch))) return refuse(INVALID_RECORD, 'clients may not write control batches')
  if (compressionOf(batchAttributes(batch)) > Compression.zstd) return refuse(INVALID_RECORD, 'unknown compression')
  if (batchProducerId(batch) >= 0 && batchBaseSequence(batch) < 0) {
    return refuse(INVALID_RECORD, 'an idempotent producer must number its records')
  }
  return undefined
}

function checkRecords(batch: Buffer, config: LogConfig, now: number): LogRefusal | undefined {
  const withoutKey: number[] = []
  const badTime: number[] = []
  const keysWanted = config.cleanupPolicy.compact
  const stampsItself = config.messageTimestampType === 'LogAppendTime'
  const earliest = stampsItself ? -Infinity : now - config.messageTimestampBeforeMaxMs
  const latest = stampsItself ? Infinity : now + config.messageTimestampAfterMaxMs
  const look = (index: number, keyIsNull: boolean, timestamp: number): void => {
    if (keysWanted && keyIsNull) withoutKey.push(index)
    if ((timestamp < earliest || timestamp > latest) && timestamp !== NO_TIMESTAMP) badTime.push(index)
  }
  if (compressionOf(batchAttributes(batch)) === Compression.none) {
    const wellFormed = visitRecords(batch, (record) => look(record.offsetDelta, record.keyIsNull, record.timestamp))
    if (!wellFormed)
      return refuse(INVALID_RECORD, 'the records do not add up to what the header of the batch announces')
  } else if (keysWanted || earliest > 0 || batchMaxTimestamp(batch) > latest) {
    try {
      for (const [index, record] of readRecords(batch).entries()) look(index, record.key === null, record.timestamp)
    } catch (error) {
      return refuse(INVALID_RECORD, error instanceof Error ? error.message : String(error))
    }
  }
  if (badTime.length > 0) return refuse(INVALID_TIMESTAMP, `a timestamp lies too far from ${now}`, badTime)
  return withoutKey.length === 0
    ? undefined
    : refuse(INVALID_RECORD, 'a compacted topic accepts no record without a key', withoutKey)
}
