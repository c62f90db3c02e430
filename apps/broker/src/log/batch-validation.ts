import {
  BATCH_OVERHEAD,
  BATCH_PREFIX,
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
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
  visitRecords,
} from '#libs/kafka-protocol'
import type { LogConfig } from './log-config.ts'
import { type LogRefusal, refuse } from './log-error.ts'

const { CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE } = ErrorCode

/**
 * What Kafka's LogValidator asks of a batch from a producer, in its order: framing, size, CRC, header, records. The
 * records of a compressed batch are not looked into.
 */
export function validateBatch(batch: Buffer, config: LogConfig, now: number): LogRefusal | undefined {
  return (
    checkFrame(batch, config) ??
    checkHeader(batch) ??
    checkTimestamps(batch, config, now) ??
    checkRecords(batch, config)
  )
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
  if (size > config.maxMessageBytes) {
    return refuse(MESSAGE_TOO_LARGE, `the batch of ${size} bytes exceeds max.message.bytes ${config.maxMessageBytes}`)
  }
  return isBatchIntact(batch) ? undefined : refuse(CORRUPT_MESSAGE, 'the CRC does not match')
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

function checkTimestamps(batch: Buffer, config: LogConfig, now: number): LogRefusal | undefined {
  if (config.messageTimestampType === 'LogAppendTime') return undefined
  const latest = batchMaxTimestamp(batch)
  if (latest > now + config.messageTimestampAfterMaxMs) {
    return refuse(INVALID_TIMESTAMP, `timestamp ${latest} lies too far in the future of ${now}`)
  }
  if (latest >= 0 && batchBaseTimestamp(batch) < now - config.messageTimestampBeforeMaxMs) {
    return refuse(INVALID_TIMESTAMP, `timestamp ${batchBaseTimestamp(batch)} lies too far in the past of ${now}`)
  }
  return undefined
}

function checkRecords(batch: Buffer, config: LogConfig): LogRefusal | undefined {
  if (compressionOf(batchAttributes(batch)) !== Compression.none) return undefined
  const withoutKey: number[] = []
  const wellFormed = visitRecords(batch, (record) => {
    if (config.cleanupPolicy.compact && record.keyIsNull) withoutKey.push(record.offsetDelta)
  })
  if (!wellFormed) return refuse(INVALID_RECORD, 'the records do not add up to what the header of the batch announces')
  if (withoutKey.length > 0) {
    return refuse(INVALID_RECORD, 'a compacted topic accepts no record without a key', withoutKey)
  }
  return undefined
}
