import {
  type BatchRecord,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
  hasDeleteHorizon,
  isControl,
  MalformedError,
  readRecords,
  rewriteBatch,
} from '#libs/kafka-protocol'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { OffsetMap } from './offset-map.ts'

export interface CleaningRules {
  /** The last offset of each key that was written again between the last cleaning and `end`. */
  readonly latest: Pick<OffsetMap, 'get'>
  /** What is at or above is not cleaned. */
  readonly end: number
  readonly now: number
  readonly deleteRetentionMs: number
  readonly transactions: CleanedTransactions
  /** The producer's sequence is known by this batch: it may be emptied, not dropped. */
  readonly isLastOfProducer: (batch: Buffer) => boolean
  /** The transaction that this marker aborts has no batch left: readers need not be told of it any more. */
  readonly onEmptyTransaction: (markerOffset: number) => void
}

/**
 * What compaction makes of one batch; the very same buffer when nothing changes, undefined when nothing is left. Of
 * each key the last record stays, and nothing of what a transaction aborted. A tombstone stays for `deleteRetentionMs`
 * after it was first cleaned, so that readers who lag behind see it: the batch says until when.
 */
export function cleanBatch(batch: Buffer, rules: CleaningRules): Buffer | undefined {
  if (batchBaseOffset(batch) >= rules.end) return batch
  return isControl(batchAttributes(batch)) ? cleanMarker(batch, rules) : cleanRecords(batch, rules)
}

function cleanMarker(batch: Buffer, rules: CleaningRules): Buffer | undefined {
  if (!rules.transactions.endsNothing(batch)) return batch
  rules.onEmptyTransaction(batchBaseOffset(batch))
  const deleteHorizon = rules.now + rules.deleteRetentionMs
  if (!hasDeleteHorizon(batchAttributes(batch))) return rewriteBatch(batch, readRecords(batch), { deleteHorizon })
  return rules.now < batchBaseTimestamp(batch) || rules.isLastOfProducer(batch) ? batch : undefined
}

function cleanRecords(batch: Buffer, rules: CleaningRules): Buffer | undefined {
  const { now, transactions } = rules
  const isAborted = transactions.isAborted(batch)
  const records = tryReadRecords(batch)
  if (records === undefined) return batch
  const isMarked = hasDeleteHorizon(batchAttributes(batch))
  const keepTombstones = !isMarked || now < batchBaseTimestamp(batch)
  const baseOffset = batchBaseOffset(batch)
  const kept = isAborted
    ? []
    : records.filter((record) => isKept(record, baseOffset + record.offsetDelta, keepTombstones, rules))
  if (kept.length === 0) {
    if (!rules.isLastOfProducer(batch)) return undefined
    return records.length === 0 ? batch : rewriteBatch(batch, [])
  }
  const mark = !isMarked && kept.some(({ valueIsNull }) => valueIsNull)
  if (kept.length === records.length && !mark) return batch
  return rewriteBatch(batch, kept, mark ? { deleteHorizon: now + rules.deleteRetentionMs } : {})
}

function isKept(record: BatchRecord, offset: number, keepTombstones: boolean, { latest, end }: CleaningRules): boolean {
  if (offset >= end) return true
  // From before the topic was compacted: nobody can ask for it by key, and nothing will ever replace it.
  if (record.key === null) return false
  const last = latest.get(record.key)
  if (last !== undefined && offset < last) return false
  return !record.valueIsNull || keepTombstones
}

/** A batch that nobody can read is nobody's to drop. */
export function tryReadRecords(batch: Buffer): BatchRecord[] | undefined {
  try {
    return readRecords(batch)
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
