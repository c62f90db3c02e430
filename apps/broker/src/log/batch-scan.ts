import { BATCH_OVERHEAD, batchBaseOffset, batchMagic, batchSize, isBatchIntact } from '#libs/kafka-protocol'
import type { File } from '../disk/file-system.ts'

const CHUNK = 1024 * 1024

/** `bytes` at `at` is one whole batch, which begins at `position` in the file. False stops before it. */
export type BatchVisitor = (bytes: Buffer, at: number, position: number) => boolean

/**
 * Visits the batches in [from, to) of a segment and returns where the first begins that is torn, damaged or refused by
 * the visitor; `to` when there is none. With `verify` the CRC of each is checked, otherwise only that lengths make
 * sense.
 */
export async function scanBatches(
  file: File,
  from: number,
  to: number,
  verify: boolean,
  visit: BatchVisitor,
): Promise<number> {
  let chunk = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK, to - from)))
  let position = from
  while (position < to) {
    const read = await file.read(chunk.subarray(0, Math.min(chunk.length, to - position)), position)
    const { at, needed } = visitChunk(chunk.subarray(0, read), position, verify, visit)
    position += at
    if (needed === 0) continue
    // The chunk ends within a batch: read on from its beginning, in one piece, if the file has it at all.
    if (needed < 0 || position + needed > to || read === 0) return position
    if (needed > chunk.length) chunk = Buffer.allocUnsafe(needed)
  }
  return position
}

/** `needed`: 0 when the chunk was used up, -1 to stop at `at`, else the length of what begins at `at`. */
function visitChunk(bytes: Buffer, position: number, verify: boolean, visit: BatchVisitor) {
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < BATCH_OVERHEAD) return { at, needed: BATCH_OVERHEAD }
    const size = batchSize(bytes, at)
    if (size < BATCH_OVERHEAD || batchMagic(bytes, at) !== 2) return { at, needed: -1 }
    if (size > bytes.length - at) return { at, needed: size }
    if (verify && !isBatchIntact(bytes, at)) return { at, needed: -1 }
    if (!visit(bytes, at, position + at)) return { at, needed: -1 }
    at += size
  }
  return { at, needed: 0 }
}

export interface FoundBatch {
  readonly position: number
  readonly baseOffset: number
}

/** The first whole batch in [from, to) whose offset is not below `offset`, wherever it begins; undefined: there is none. */
export async function findBatch(file: File, from: number, to: number, offset: number): Promise<FoundBatch | undefined> {
  for (let position = from; position + BATCH_OVERHEAD <= to; position += CHUNK) {
    // A batch may begin in this chunk and end in another.
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK + BATCH_OVERHEAD - 1, to - position))
    await file.read(chunk, position)
    for (let at = 0; at + BATCH_OVERHEAD <= chunk.length; at++) {
      if (!mayBegin(chunk, at, to - position, offset)) continue
      const batch = Buffer.allocUnsafe(batchSize(chunk, at))
      await file.read(batch, position + at)
      if (isBatchIntact(batch, 0)) return { position: position + at, baseOffset: batchBaseOffset(batch) }
    }
  }
  return undefined
}

/** Asked of every byte, so the cheapest question first. */
function mayBegin(bytes: Buffer, at: number, available: number, offset: number): boolean {
  if (batchMagic(bytes, at) !== 2) return false
  const size = batchSize(bytes, at)
  return size >= BATCH_OVERHEAD && size <= available - at && batchBaseOffset(bytes, at) >= offset
}
