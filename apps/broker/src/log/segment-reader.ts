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

/** Where what is read goes; what is returned is given back by whoever is done with it. */
export interface ReadMemory {
  take(bytes: number): Buffer
  giveBack(bytes: Buffer): void
}

const FRESH: ReadMemory = { take: Buffer.allocUnsafe, giveBack: () => {} }

/**
 * Whole batches of a segment of `size` bytes as one buffer, empty when none qualifies. `from` is the beginning of some
 * batch at or before the wanted one.
 */
export async function readBatches(
  file: File,
  from: number,
  size: number,
  limits: ReadLimits,
  memory: ReadMemory = FRESH,
): Promise<Buffer> {
  for (let position = from; position < size; ) {
    const chunk = memory.take(Math.min(Math.max(limits.maxBytes, MIN_READ), size - position))
    const bytes = chunk.subarray(0, await file.read(chunk, position))
    const start = skipTo(bytes, limits.offset)
    const isCut = !holdsBatch(bytes, start)
    const found = isCut ? NOTHING : bytes.subarray(start, endOf(bytes, start, limits))
    if (found.length > 0) return found
    const whole =
      isCut && start === 0 && limits.minOneBatch ? await readRest(file, position, bytes, limits.bound) : found
    memory.giveBack(chunk)
    if (!isCut || start === 0) return whole
    position += start
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

/** A batch that is larger than the limit goes out alone: `bytes` is its beginning. */
async function readRest(file: File, position: number, bytes: Buffer, bound: number): Promise<Buffer> {
  if (bytes.length < BATCH_OVERHEAD || batchLastOffset(bytes) >= bound) return NOTHING
  const whole = Buffer.allocUnsafe(batchSize(bytes))
  const rest = whole.subarray(bytes.copy(whole))
  return (await file.read(rest, position + bytes.length)) === rest.length ? whole : NOTHING
}
