import { compress, decompress } from './compression/codec.ts'
import { crc32c } from './crc32c.ts'
import { MalformedError } from './reader.ts'
import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchBaseTimestamp,
  batchLastOffsetDelta,
  batchRecordsCount,
  batchSize,
  compressionOf,
  usesLogAppendTime,
} from './record-batch.ts'
import { readVarint, writeVarint } from './varint.ts'

/** A record of a batch; key and rest are views of the decompressed batch. */
export interface BatchRecord {
  readonly offsetDelta: number
  /** As the producer set it, even if the log's append time holds instead. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly valueIsNull: boolean
  readonly attributes: number
  /** Everything from the offset delta on, encoded. */
  readonly rest: Buffer
}

/** No batch may decompress to more: as much as a request may hold. */
const UNCOMPRESSED_LIMIT = 100 * 1024 * 1024

/**
 * The records of a batch in any compression. Offset deltas may have gaps, as compaction leaves them. Throws
 * MalformedError when they do not add up, or are more than `limit` bytes when decompressed.
 */
export function readRecords(batch: Buffer, limit = UNCOMPRESSED_LIMIT): BatchRecord[] {
  const body = decompress(
    compressionOf(batchAttributes(batch)),
    batch.subarray(BATCH_OVERHEAD, batchSize(batch)),
    limit,
  )
  const baseTimestamp = batchBaseTimestamp(batch)
  const lastDelta = batchLastOffsetDelta(batch)
  const cursor = { at: 0 }
  const records: BatchRecord[] = []
  let previous = -1
  for (let count = batchRecordsCount(batch); count > 0; count--) {
    const length = readVarint(body, cursor, body.length)
    const end = cursor.at + length
    if (!(length > 0 && end <= body.length)) throw new MalformedError('a record does not fit its batch')
    const attributes = body[cursor.at++]!
    const timestamp = baseTimestamp + readVarint(body, cursor, end)
    const rest = body.subarray(cursor.at, end)
    const offsetDelta = readVarint(body, cursor, end)
    if (!(offsetDelta > previous && offsetDelta <= lastDelta) || Number.isNaN(timestamp)) {
      throw new MalformedError('the offsets of a batch are out of order')
    }
    previous = offsetDelta
    const key = readNullableBytes(body, cursor, end)
    const valueLength = readVarint(body, cursor, end)
    if (!(valueLength >= -1 && cursor.at + valueLength <= end))
      throw new MalformedError('a value does not fit its record')
    records.push({ offsetDelta, timestamp, key, valueIsNull: valueLength < 0, attributes, rest })
    cursor.at = end
  }
  if (cursor.at !== body.length) throw new MalformedError('a batch holds more than its records')
  return records
}

/** The value, a view of the decompressed batch. */
export function recordValue({ rest }: BatchRecord): Buffer | null {
  const cursor = { at: 0 }
  readVarint(rest, cursor, rest.length)
  readNullableBytes(rest, cursor, rest.length)
  return readNullableBytes(rest, cursor, rest.length)
}

export interface RewriteOptions {
  /** The time from which tombstones in the batch may go; stays as it is when not given. */
  readonly deleteHorizon?: number
  /** The compression as it was when not given. */
  readonly compression?: number
  readonly level?: number
}

/**
 * The batch with only these of its records. Offsets, producer, sequence and last offset remain, also when nothing is
 * left, so that readers skip the gap and the producer's sequence is not forgotten.
 */
export function rewriteBatch(batch: Buffer, records: readonly BatchRecord[], options: RewriteOptions = {}): Buffer {
  const { deleteHorizon } = options
  const baseTimestamp = deleteHorizon ?? batchBaseTimestamp(batch)
  const before = batchAttributes(batch)
  const codec = records.length === 0 ? 0 : (options.compression ?? compressionOf(before))
  const body = compress(codec, encodeRecords(records, baseTimestamp), options.level)
  const rewritten = Buffer.concat([batch.subarray(0, BATCH_OVERHEAD), body])
  rewritten.writeInt32BE(rewritten.length - 12, 8)
  rewritten.writeInt16BE((before & ~COMPRESSION) | codec | (deleteHorizon === undefined ? 0 : DELETE_HORIZON), 21)
  rewritten.writeBigInt64BE(BigInt(baseTimestamp), 27)
  if (records.length > 0 && !usesLogAppendTime(before)) {
    const latest = records.reduce((greatest, { timestamp }) => Math.max(greatest, timestamp), -1)
    rewritten.writeBigInt64BE(BigInt(latest), 35)
  }
  rewritten.writeInt32BE(records.length, 57)
  rewritten.writeUInt32BE(crc32c(rewritten.subarray(21)), 17)
  return rewritten
}

const COMPRESSION = 0x07
const DELETE_HORIZON = 0x40

function encodeRecords(records: readonly BatchRecord[], baseTimestamp: number): Buffer {
  const parts: Buffer[] = []
  for (const { attributes, timestamp, rest } of records) {
    const delta = writeVarint(timestamp - baseTimestamp)
    parts.push(writeVarint(1 + delta.length + rest.length), Buffer.of(attributes), delta, rest)
  }
  return Buffer.concat(parts)
}

function readNullableBytes(body: Buffer, cursor: { at: number }, end: number): Buffer | null {
  const length = readVarint(body, cursor, end)
  if (!(length >= -1 && cursor.at + length <= end)) throw new MalformedError('a key does not fit its record')
  if (length < 0) return null
  const from = cursor.at
  cursor.at += length
  return body.subarray(from, cursor.at)
}
