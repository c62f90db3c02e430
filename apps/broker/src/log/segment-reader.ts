import { BATCH_OVERHEAD, batchLastOffset, batchSize } from '#libs/kafka-protocol'
import type { File } from '../disk/file-system.ts'

export interface ReadLimits {
  readonly offset: number
  readonly maxBytes: number
  /** Only batches wholly below this offset. */
  readonly bound: number
  /** Return the first batch even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
}

/** Read at least this much at once: finding a batch costs up to an index interval anyway. */
const MIN_READ = 64 * 1024

const NOTHING = Buffer.alloc(0)

/**
 * Whole batches of a segment of `size` bytes as one buffer, empty when none qualifies. `from` is the beginning of some
 * batch at or before the wanted one; `allocate` gives what is read into.
 */
export async function readBatches(
  file: File,
  from: number,
  size: number,
  limits: ReadLimits,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Promise<Buffer> {
  for (let position = from; position < size; ) {
    const chunk = allocate(Math.min(Math.max(limits.maxBytes, MIN_READ), size - position))
    const bytes = chunk.subarray(0, await file.read(chunk, position))
    const start = skipTo(bytes, limits.offset)
    if (start > 0 && !holdsBatch(bytes, start)) {
      position += start
      continue
    }
    if (limits.minOneBatch && start === 0 && !holdsBatch(bytes, 0) && bytes.length >= BATCH_OVERHEAD) {
      return readOne(file, position, batchSize(bytes), limits.bound)
    }
    return bytes.subarray(start, endOf(bytes, start, limits))
  }
  return NOTHING
}

function holdsBatch(bytes: Buffer, at: number): boolean {
  return at + BATCH_OVERHEAD <= bytes.length && at + batchSize(bytes, at) <= bytes.length
}

/** Position of the first batch that ends at or after `offset`, or of the one that the chunk's end cuts. */
function skipTo(bytes: Buffer, offset: number): number {
  let at = 0
  while (holdsBatch(bytes, at) && batchLastOffset(bytes, at) < offset) at += batchSize(bytes, at)
  return at
}

function endOf(bytes: Buffer, start: number, { maxBytes, bound, minOneBatch }: ReadLimits): number {
  let end = start
  while (holdsBatch(bytes, end) && batchLastOffset(bytes, end) < bound) {
    const next = end + batchSize(bytes, end)
    if (next - start > maxBytes && !(minOneBatch && end === start)) break
    end = next
  }
  return end
}

/** A batch larger than the limit goes out alone. */
async function readOne(file: File, position: number, length: number, bound: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(length)
  const read = await file.read(whole, position)
  return read === length && batchLastOffset(whole) < bound ? whole : NOTHING
}
