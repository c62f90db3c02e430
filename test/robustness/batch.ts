import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  crc32c,
  isBatchIntact,
  isControl,
  isTransactional,
} from '#libs/kafka-protocol'

export interface Producer {
  readonly producerId: number
  readonly epoch: number
  /** Of the first record; sequences wrap at 2^31. */
  readonly sequence: number
}

export const NOBODY: Producer = { producerId: -1, epoch: -1, sequence: -1 }
const TRANSACTIONAL = 0x10

/** An uncompressed batch of records without keys, as a client would send it. */
export function encodeBatch(values: readonly string[], producer: Producer, transactional = false): Buffer {
  const records = Buffer.concat(values.map(encodeRecord))
  const batch = Buffer.alloc(BATCH_OVERHEAD + records.length)
  records.copy(batch, BATCH_OVERHEAD)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(transactional ? TRANSACTIONAL : 0, 21)
  batch.writeInt32BE(values.length - 1, 23)
  for (const at of [27, 35]) batch.writeBigInt64BE(BigInt(Date.now()), at)
  batch.writeBigInt64BE(BigInt(producer.producerId), 43)
  batch.writeInt16BE(producer.epoch, 51)
  batch.writeInt32BE(producer.sequence, 53)
  batch.writeInt32BE(values.length, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

export interface StoredRecord {
  readonly offset: number
  readonly value: string
}

export interface StoredBatch {
  readonly producerId: number
  readonly lastOffset: number
  readonly isTransactional: boolean
  /** The marker that ends a transaction; it holds no records of anybody. */
  readonly isControl: boolean
  readonly records: readonly StoredRecord[]
}

/** Consecutive uncompressed batches; one that is not intact is an error. */
export function* decodeBatches(bytes: Buffer): Generator<StoredBatch> {
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    if (!isBatchIntact(bytes, at)) throw new Error(`the batch at offset ${batchBaseOffset(bytes, at)} is damaged`)
    const attributes = batchAttributes(bytes, at)
    yield {
      producerId: batchProducerId(bytes, at),
      lastOffset: batchLastOffset(bytes, at),
      isTransactional: isTransactional(attributes),
      isControl: isControl(attributes),
      records: isControl(attributes) ? [] : decodeRecords(bytes, at),
    }
  }
}

function decodeRecords(bytes: Buffer, at: number): StoredRecord[] {
  const records: StoredRecord[] = []
  const cursor = { at: at + BATCH_OVERHEAD }
  for (let index = 0; index < batchRecordsCount(bytes, at); index++) {
    const end = varint(bytes, cursor) + cursor.at
    cursor.at++
    varint(bytes, cursor)
    const offset = batchBaseOffset(bytes, at) + varint(bytes, cursor)
    const keyLength = varint(bytes, cursor)
    cursor.at += Math.max(0, keyLength)
    const length = varint(bytes, cursor)
    records.push({ offset, value: bytes.toString('utf8', cursor.at, cursor.at + length) })
    cursor.at = end
  }
  return records
}

function encodeRecord(value: string, offsetDelta: number): Buffer {
  const bytes = Buffer.from(value)
  const body = Buffer.concat([Buffer.of(0, 0), zigzag(offsetDelta), zigzag(-1), zigzag(bytes.length), bytes, zigzag(0)])
  return Buffer.concat([zigzag(body.length), body])
}

function zigzag(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.of(...bytes, rest)
}

function varint(bytes: Buffer, cursor: { at: number }): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
}
