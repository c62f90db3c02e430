import { BATCH_OVERHEAD, batchSize, crc32c } from '#libs/kafka-protocol'

export interface TestBatch {
  readonly values: readonly (string | Buffer | null)[]
  readonly key?: string
  /** One per value, in place of `key`. */
  readonly keys?: readonly string[]
  /** One per value; the last one repeats. Default 1000. */
  readonly timestamps?: readonly number[]
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly attributes?: number
}

/** A batch as a producer would send it: base offset 0, valid CRC. For specs only. */
export function testBatch(options: TestBatch): Buffer {
  const timestamps = options.timestamps ?? [1000]
  const at = (index: number) => timestamps[Math.min(index, timestamps.length - 1)]!
  const base = at(0)
  const records = options.values.map((value, index) =>
    encodeRecord(value, index, at(index) - base, options.keys?.[index] ?? options.key),
  )
  const body = Buffer.concat(records)
  const batch = Buffer.alloc(BATCH_OVERHEAD + body.length)
  body.copy(batch, BATCH_OVERHEAD)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(options.attributes ?? 0, 21)
  batch.writeInt32BE(options.values.length - 1, 23)
  batch.writeBigInt64BE(BigInt(base), 27)
  batch.writeBigInt64BE(BigInt(Math.max(...options.values.map((_, index) => at(index)))), 35)
  batch.writeBigInt64BE(BigInt(options.producerId ?? -1), 43)
  batch.writeInt16BE(options.epoch ?? (options.producerId === undefined ? -1 : 0), 51)
  batch.writeInt32BE(options.sequence ?? (options.producerId === undefined ? -1 : 0), 53)
  batch.writeInt32BE(options.values.length, 57)
  return sealBatch(batch)
}

/** Recomputes the CRC after a test altered a batch. */
export function sealBatch(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** Base offsets of the batches in `records`, concatenated or not. */
export function baseOffsets(records: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(records)
  const found: number[] = []
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) found.push(Number(bytes.readBigInt64BE(at)))
  return found
}

function encodeRecord(
  value: string | Buffer | null,
  offsetDelta: number,
  timestampDelta: number,
  key?: string,
): Buffer {
  const bytes = Buffer.from(value ?? '')
  const keyBytes = key === undefined ? Buffer.alloc(0) : Buffer.from(key)
  const body = Buffer.concat([
    Buffer.of(0),
    varint(timestampDelta),
    varint(offsetDelta),
    varint(key === undefined ? -1 : keyBytes.length),
    keyBytes,
    varint(value === null ? -1 : bytes.length),
    bytes,
    varint(0),
  ])
  return Buffer.concat([varint(body.length), body])
}

function varint(value: number): Buffer {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  const bytes: number[] = []
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.of(...bytes, rest)
}

/** mulberry32: numbers in [0, 1), the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
