import { crc32c } from './crc32c.ts'

/**
 * Record batch, magic 2: the unit that producers send, the log stores and consumers fetch, byte for byte.
 *
 *     0  baseOffset            int64  ┐ outside the CRC, so the broker
 *     8  batchLength           int32  │ may set offset and epoch without
 *    12  partitionLeaderEpoch  int32  │ touching the rest
 *    16  magic                 int8   ┘
 *    17  crc                   uint32   CRC-32C of everything after it
 *    21  attributes            int16    bits 0-2 compression, 3 log append time, 4 transactional, 5 control,
 *                                     6 baseTimestamp is the time from which compaction may drop tombstones
 *    23  lastOffsetDelta       int32
 *    27  baseTimestamp         int64
 *    35  maxTimestamp          int64
 *    43  producerId            int64
 *    51  producerEpoch         int16
 *    53  baseSequence          int32
 *    57  recordsCount          int32
 *    61  records
 *
 * Offsets, timestamps and producer ids are read as numbers: exact below 2^53, which no log reaches.
 */
export const BATCH_OVERHEAD = 61
/** baseOffset and batchLength: what must be read to know how long the batch is. */
export const BATCH_PREFIX = 12

export const Compression = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type CompressionName = keyof typeof Compression

export const batchBaseOffset = (b: Buffer, at = 0): number => readInt64(b, at)
/** Length of the whole batch, prefix included. */
export const batchSize = (b: Buffer, at = 0): number => BATCH_PREFIX + b.readInt32BE(at + 8)
export const batchLeaderEpoch = (b: Buffer, at = 0): number => b.readInt32BE(at + 12)
export const batchMagic = (b: Buffer, at = 0): number => b.readInt8(at + 16)
export const batchCrc = (b: Buffer, at = 0): number => b.readUInt32BE(at + 17)
export const batchAttributes = (b: Buffer, at = 0): number => b.readInt16BE(at + 21)
export const batchLastOffsetDelta = (b: Buffer, at = 0): number => b.readInt32BE(at + 23)
export const batchLastOffset = (b: Buffer, at = 0): number => batchBaseOffset(b, at) + batchLastOffsetDelta(b, at)
export const batchBaseTimestamp = (b: Buffer, at = 0): number => readInt64(b, at + 27)
export const batchMaxTimestamp = (b: Buffer, at = 0): number => readInt64(b, at + 35)
export const batchProducerId = (b: Buffer, at = 0): number => readInt64(b, at + 43)
export const batchProducerEpoch = (b: Buffer, at = 0): number => b.readInt16BE(at + 51)
export const batchBaseSequence = (b: Buffer, at = 0): number => b.readInt32BE(at + 53)
export const batchRecordsCount = (b: Buffer, at = 0): number => b.readInt32BE(at + 57)

export const compressionOf = (attributes: number): number => attributes & 0x07
export const usesLogAppendTime = (attributes: number): boolean => (attributes & 0x08) !== 0
export const isTransactional = (attributes: number): boolean => (attributes & 0x10) !== 0
export const isControl = (attributes: number): boolean => (attributes & 0x20) !== 0
export const hasDeleteHorizon = (attributes: number): boolean => (attributes & 0x40) !== 0

/** Places the batch in the log. */
export function stampBatch(b: Buffer, baseOffset: number, leaderEpoch: number): void {
  writeInt64(b, baseOffset, 0)
  b.writeInt32BE(leaderEpoch, 12)
}

/** Whether the batch at `at` is wholly in `b` and unharmed; says nothing about the records themselves. */
export function isBatchIntact(b: Buffer, at = 0): boolean {
  if (b.length - at < BATCH_OVERHEAD) return false
  const size = batchSize(b, at)
  if (size < BATCH_OVERHEAD || size > b.length - at || batchMagic(b, at) !== 2) return false
  return crc32c(b.subarray(at + CRC_START, at + size)) === batchCrc(b, at)
}

/** Marks the batch as stamped by the broker. Consumers then ignore the timestamp deltas of the records. */
export function stampLogAppendTime(b: Buffer, now: number): void {
  b.writeInt16BE(batchAttributes(b) | LOG_APPEND_TIME, 21)
  writeInt64(b, now, 35)
  b.writeUInt32BE(crc32c(b.subarray(CRC_START, batchSize(b))), 17)
}

const CRC_START = 21
const LOG_APPEND_TIME = 0x08

function readInt64(b: Buffer, at: number): number {
  return b.readInt32BE(at) * 0x1_0000_0000 + b.readUInt32BE(at + 4)
}

function writeInt64(b: Buffer, value: number, at: number): void {
  b.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  b.writeUInt32BE((value % 0x1_0000_0000) >>> 0, at + 4)
}
