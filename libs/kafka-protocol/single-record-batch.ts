import { crc32c } from './crc32c.ts'
import { BATCH_OVERHEAD } from './record-batch.ts'
import { writeVarint } from './varint.ts'

export interface SingleRecord {
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Buffer
  /** Null: a tombstone. */
  readonly value: Buffer | null
}

/** A batch of one record, of nobody's in particular, as it lies in a log that has had one leader. */
export function encodeSingleRecord({ offset, timestamp, key, value }: SingleRecord): Buffer {
  const body = Buffer.concat([
    NO_ATTRIBUTES_NO_DELTAS,
    ...[writeVarint(key.length), key],
    ...(value === null ? [writeVarint(-1)] : [writeVarint(value.length), value]),
    NO_HEADERS,
  ])
  const batch = Buffer.concat([Buffer.alloc(BATCH_OVERHEAD), writeVarint(body.length), body])
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt8(MAGIC, 16)
  batch.writeBigInt64BE(BigInt(timestamp), 27)
  batch.writeBigInt64BE(BigInt(timestamp), 35)
  batch.writeBigInt64BE(-1n, 43)
  batch.writeInt16BE(-1, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(1, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

const NO_ATTRIBUTES_NO_DELTAS = Buffer.of(0, 0, 0)
const NO_HEADERS = Buffer.of(0)
const MAGIC = 2
