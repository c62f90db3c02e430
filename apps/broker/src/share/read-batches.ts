import {
  batchAttributes,
  batchBaseOffset,
  batchLastOffset,
  batchProducerId,
  batchSize,
  isControl,
  isTransactional,
  readEndMarker,
} from '#libs/kafka-protocol'
import type { AbortedTransaction } from '../log/aborted-transactions.ts'
import type { AcquiredRecords, ReadBatch } from './acquire.ts'

/**
 * The batches in what was read of a log. Markers are nothing to deliver, and neither is what the aborted transactions
 * wrote, sorted by first offset; null where it is.
 */
export function readBatches(records: readonly Buffer[], aborted: readonly AbortedTransaction[] | null): ReadBatch[] {
  const ahead = [...(aborted ?? [])]
  const skipped = new Set<number>()
  const batches: ReadBatch[] = []
  for (const bytes of records) {
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      const [first, last] = [batchBaseOffset(bytes, at), batchLastOffset(bytes, at)]
      while (ahead.length > 0 && ahead[0]!.firstOffset <= last) skipped.add(ahead.shift()!.producerId)
      const attributes = batchAttributes(bytes, at)
      const producerId = batchProducerId(bytes, at)
      const isMarker = isControl(attributes)
      batches.push({ first, last, deliverable: !isMarker && !(isTransactional(attributes) && skipped.has(producerId)) })
      if (isMarker && !readEndMarker(bytes, at).commit) skipped.delete(producerId)
    }
  }
  return batches
}

/**
 * What of the bytes has these records, from the first batch of each piece to the last. One piece stays one piece: it is
 * given back once.
 */
export function bytesWith(records: readonly Buffer[], acquired: readonly AcquiredRecords[]): Buffer[] {
  const pieces: Buffer[] = []
  for (const bytes of records) {
    let [start, end] = [bytes.length, 0]
    for (let at = 0; at < bytes.length; ) {
      const next = at + batchSize(bytes, at)
      const [first, last] = [batchBaseOffset(bytes, at), batchLastOffset(bytes, at)]
      if (acquired.some((range) => range.first <= last && first <= range.last)) {
        start = Math.min(start, at)
        end = next
      }
      at = next
    }
    if (end > 0) pieces.push(bytes.subarray(start, end))
  }
  return pieces
}
