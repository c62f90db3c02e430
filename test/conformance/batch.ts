import { BATCH_OVERHEAD, batchBaseOffset, batchLastOffset, batchSize, crc32c } from '#libs/kafka-protocol'

export interface Producer {
  readonly producerId: number
  readonly epoch: number
  /** Of the first record. */
  readonly sequence: number
}
export const NOBODY: Producer = { producerId: -1, epoch: -1, sequence: -1 }

interface TestRecord {
  readonly key?: string | null
  readonly value?: string | null
  /** Default: now. */
  readonly timestamp?: number
}

/** Where a test that damages a batch finds what it damages. */
export const At = {
  ...{ baseOffset: 0, length: 8, leaderEpoch: 12, magic: 16, attributes: 21, lastOffsetDelta: 23 },
  ...{ baseSequence: 53, recordsCount: 57, records: 61 },
} as const

export const Attribute = { zstd: 4, logAppendTime: 8, transactional: 16, control: 32 } as const

/** A batch as a client would send it; each value becomes a record without a key. */
export function batch(
  records: readonly (string | TestRecord)[] = ['value'],
  producer = NOBODY,
  attributes = 0,
): Buffer {
  const given = records.map((record): TestRecord => (typeof record === 'string' ? { value: record } : record))
  const now = Date.now()
  const times = given.map(({ timestamp }) => timestamp ?? now)
  const body = Buffer.concat(given.map((record, i) => encode(record, i, times[i]! - times[0]!)))
  const bytes = Buffer.alloc(BATCH_OVERHEAD + body.length)
  body.copy(bytes, At.records)
  bytes.writeInt32BE(bytes.length - 12, At.length)
  bytes.writeInt8(2, At.magic)
  bytes.writeInt16BE(attributes, At.attributes)
  bytes.writeInt32BE(given.length - 1, At.lastOffsetDelta)
  bytes.writeBigInt64BE(BigInt(times[0] ?? now), 27)
  bytes.writeBigInt64BE(BigInt(Math.max(...times, -1)), 35)
  bytes.writeBigInt64BE(BigInt(producer.producerId), 43)
  bytes.writeInt16BE(producer.epoch, 51)
  bytes.writeInt32BE(producer.sequence, At.baseSequence)
  bytes.writeInt32BE(given.length, At.recordsCount)
  return sealed(bytes)
}

/** Gives a batch that a test has changed the checksum it needs. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(At.attributes)), 17)
  return bytes
}

/** First and last offset of each batch in what was fetched. */
export function offsetRanges(bytes: Buffer): [first: number, last: number][] {
  const found: [number, number][] = []
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    found.push([batchBaseOffset(bytes, at), batchLastOffset(bytes, at)])
  }
  return found
}

function encode({ key = null, value = null }: TestRecord, offsetDelta: number, timestampDelta: number): Buffer {
  const body = Buffer.concat([
    Buffer.of(0),
    ...[varint(timestampDelta), varint(offsetDelta), ...nullable(key), ...nullable(value), varint(0)],
  ])
  return Buffer.concat([varint(body.length), body])
}

function nullable(text: string | null): Buffer[] {
  if (text === null) return [varint(-1)]
  const bytes = Buffer.from(text)
  return [varint(bytes.length), bytes]
}

/** Zigzag; by arithmetic, because time differences exceed 32 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.of(...bytes, rest)
}
