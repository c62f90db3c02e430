import { decompress } from './compression/codec.ts'
import { MalformedError } from './reader.ts'
import { BATCH_OVERHEAD, BATCH_PREFIX, batchAttributes, batchSize, compressionOf } from './record-batch.ts'

const ATTRIBUTES = 21
const COMPRESSION = 0x07

/**
 * The batch at `at` as it was before it was compressed, but for its CRC. Throws `MalformedError` when its records cannot
 * be decompressed or are more than `limit` bytes then.
 */
export function plainBatch(bytes: Buffer, at: number, limit: number): Buffer {
  const end = at + batchSize(bytes, at)
  if (end < at + BATCH_OVERHEAD || end > bytes.length) throw new MalformedError('a batch is cut off')
  const attributes = batchAttributes(bytes, at)
  const records = decompress(compressionOf(attributes), bytes.subarray(at + BATCH_OVERHEAD, end), limit)
  const plain = Buffer.concat([bytes.subarray(at, at + BATCH_OVERHEAD), records])
  plain.writeInt32BE(plain.length - BATCH_PREFIX, 8)
  plain.writeInt16BE(attributes & ~COMPRESSION, ATTRIBUTES)
  return plain
}
