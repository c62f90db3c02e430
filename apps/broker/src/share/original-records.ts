import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchSize,
  isControl,
  MalformedError,
  readRecords,
  recordValue,
} from '#libs/kafka-protocol'
import { BLOCK_BYTES } from '../log/block-pool.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { OriginalRecord } from './dead-letter-batch.ts'

export interface Originals {
  readonly records: ReadonlyMap<number, OriginalRecord>
  /** Up to here, included, what is not among the records is not in the log, or too large. */
  readonly last: number
}

/**
 * What the log still has of these offsets, as far as one read goes and `maxBytes` of keys and values. What cannot be read,
 * or is larger by itself, is not among them.
 */
export async function originalRecords(
  log: PartitionLog,
  first: number,
  last: number,
  maxBytes: number,
): Promise<Originals> {
  const from = Math.max(first, log.logStartOffset)
  const found = from > last ? undefined : await log.read(from, BLOCK_BYTES)
  const records = new Map<number, OriginalRecord>()
  if (found?.ok !== true) return { records, last }
  let room = maxBytes
  let readUpTo = last
  for (const bytes of found.records) {
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      readUpTo = batchLastOffset(bytes, at)
      for (const [offset, record] of recordsOf(bytes.subarray(at), maxBytes)) {
        if (offset < first || offset > last) continue
        const size = (record.key?.length ?? 0) + (record.value?.length ?? 0)
        if (size > maxBytes) continue
        if (size > room) return { records, last: offset - 1 }
        records.set(offset, record)
        room -= size
      }
      if (readUpTo >= last) return { records, last }
    }
  }
  return { records, last: Math.min(readUpTo, last) }
}

function* recordsOf(batch: Buffer, limit: number): Generator<readonly [offset: number, record: OriginalRecord]> {
  if (isControl(batchAttributes(batch))) return
  const base = batchBaseOffset(batch)
  for (const record of read(batch, limit))
    yield [base + record.offsetDelta, { key: record.key, value: recordValue(record) }]
}

function read(batch: Buffer, limit: number) {
  try {
    return readRecords(batch, limit)
  } catch (error) {
    if (error instanceof MalformedError) return []
    throw error
  }
}
