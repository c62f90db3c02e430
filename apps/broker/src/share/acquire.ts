import { type GiveUpRules, givenUp } from './give-up.ts'
import { overlapping, type SharePartition, type Span, withSpans } from './window.ts'

/** A batch as it was read from the log; `last` is included. */
export interface ReadBatch {
  readonly first: number
  readonly last: number
  /** False for control batches, and for what an aborted transaction wrote where the group reads committed records. */
  readonly deliverable: boolean
}

/** Records handed to a member; `last` is included. */
export interface AcquiredRecords {
  readonly first: number
  readonly last: number
  readonly deliveryCount: number
}

export interface Acquisition {
  readonly memberId: string
  /** Where the log was read from. */
  readonly offset: number
  /** What was read, in order. Offsets between them do not exist. */
  readonly batches: readonly ReadBatch[]
  readonly maxRecords: number
  /** Records that are handed out as one, at batch boundaries, before the next begin. */
  readonly batchSize: number
  /** `batch_optimized` hands out whole batches, and so may exceed `maxRecords`; `record_limit` never does. */
  readonly mode: 'batch_optimized' | 'record_limit'
  /** When the lock ends, on the steady clock. */
  readonly lockUntil: number
}

export interface AcquireLimits extends GiveUpRules {
  /** `share.partition.max.record.locks` */
  readonly maxRecordLocks: number
}

export interface Acquired {
  readonly partition: SharePartition
  /** In order. */
  readonly acquired: readonly AcquiredRecords[]
  readonly count: number
}

/**
 * Hands the member what waits to be delivered among the records that were read. What turns out to be no record is
 * archived on the way, and what was delivered too often is given up. Acquiring is not journaled: after a crash these records are delivered again.
 */
export function acquire(before: SharePartition, acquisition: Acquisition, limits: AcquireLimits): Acquired {
  const { batches, memberId, lockUntil } = acquisition
  const changes: Span[] = []
  const acquired: AcquiredRecords[] = []
  let count = 0
  let next = Math.max(acquisition.offset, before.start)
  for (const batch of batches) {
    const first = Math.max(batch.first, next)
    if (first > batch.last) continue
    // Before anything can stop it: a window that holds nothing but gaps must move on.
    archive(before, next, first - 1, changes)
    if (!batch.deliverable) archive(before, first, batch.last, changes)
    else {
      const room = roomFor(before, batch, first, count, acquisition, limits)
      if (room <= 0) break
      const last = acquisition.mode === 'record_limit' ? lastWithin(before, first, batch.last, room) : batch.last
      for (const span of deliverableIn(before, first, last)) {
        if (span.deliveryCount >= limits.deliveryCountLimit) {
          changes.push(givenUp(span, 'delivered too often', limits))
          continue
        }
        const deliveryCount = span.deliveryCount + 1
        changes.push({ ...span, state: 'acquired', deliveryCount, lock: { memberId, until: lockUntil } })
        add(acquired, { first: span.first, last: span.last, deliveryCount }, batch.first, acquisition.batchSize)
        count += span.last - span.first + 1
      }
      if (last < batch.last) break
    }
    next = batch.last + 1
  }
  return { partition: withSpans(before, changes), acquired, count }
}

/** How many more records may be handed out, of this batch in particular. */
function roomFor(
  { start, end }: SharePartition,
  batch: ReadBatch,
  first: number,
  count: number,
  { maxRecords, mode }: Acquisition,
  { maxRecordLocks }: AcquireLimits,
): number {
  const room = maxRecords - count
  if (batch.last < end) return room
  // Records that are in the window already are being delivered again, which makes it no larger.
  const known = Math.max(0, end - first)
  const open = start + maxRecordLocks - Math.max(end, first)
  if (mode === 'batch_optimized') return open > 0 || known > 0 ? room : 0
  return Math.min(room, known + Math.max(0, open))
}

/** The offset up to which there are so many records to hand out. */
function lastWithin(partition: SharePartition, first: number, last: number, room: number): number {
  let left = room
  for (const span of deliverableIn(partition, first, last)) {
    const length = span.last - span.first + 1
    if (length > left) return span.first + left - 1
    left -= length
  }
  return last
}

/** What of these offsets waits to be delivered, whether it is known or new. */
function deliverableIn(partition: SharePartition, first: number, last: number): Span[] {
  const known = overlapping(partition, first, last).filter(({ state }) => state === 'available')
  const fresh = Math.max(first, partition.end)
  return fresh > last ? known : [...known, { first: fresh, last, state: 'available', deliveryCount: 0 }]
}

function archive(partition: SharePartition, first: number, last: number, changes: Span[]): void {
  for (const span of deliverableIn(partition, first, last)) changes.push({ ...span, state: 'archived' })
}

/** Continues the records before these unless they differ, or are as many as go together and another batch has begun. */
function add(acquired: AcquiredRecords[], records: AcquiredRecords, batchFirst: number, batchSize: number): void {
  const before = acquired.at(-1)
  const continues =
    before !== undefined && before.last + 1 === records.first && before.deliveryCount === records.deliveryCount
  if (!continues || (records.first === batchFirst && records.first - before.first >= batchSize)) acquired.push(records)
  else acquired[acquired.length - 1] = { ...before, last: records.last }
}
