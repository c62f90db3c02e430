/**
 * `available`: may be given to a member. `archiving`: given up, and archived when its dead letter is written.
 * `acknowledged` and `archived` are final: never delivered (again).
 */
export type RecordState = 'available' | 'acquired' | 'acknowledged' | 'archiving' | 'archived'

/** Why a record is given up. */
export type GivenUpCause = 'rejected' | 'delivered too often'

/** The lock under which a member holds records that it has acquired. */
export interface AcquisitionLock {
  readonly memberId: string
  /** Milliseconds of the steady clock. */
  readonly until: number
}

/** Neighbouring offsets of which the same is known; `last` is included. */
export interface Span {
  readonly first: number
  readonly last: number
  readonly state: RecordState
  /** How often they were handed out, the time under way included. */
  readonly deliveryCount: number
  /** Present if and only if they are acquired. */
  readonly lock?: AcquisitionLock
  /** Present if and only if they are being archived. */
  readonly cause?: GivenUpCause
}

/**
 * What a share group knows of one partition: its window of records in flight. Everything below `start` (the share-partition
 * start offset) is done with, nothing from `end` on (the end offset, excluded) was looked at. The spans cover what lies
 * between without gaps, and the first of them is not final. Never modified, another takes its place.
 */
export interface SharePartition {
  readonly start: number
  readonly end: number
  readonly spans: readonly Span[]
}

export const newSharePartition = (start: number): SharePartition => ({ start, end: start, spans: [] })

export const isFinal = ({ state }: Pick<Span, 'state'>): boolean => state === 'acknowledged' || state === 'archived'

/** Where to read next: the first record that waits to be delivered, known or not yet known. */
export const nextFetchOffset = ({ spans, end }: SharePartition): number =>
  spans.find(({ state }) => state === 'available')?.first ?? end

/** The first stretch of records that wait for their dead letter. */
export const firstArchiving = ({ spans }: SharePartition): Span | undefined =>
  spans.find(({ state }) => state === 'archiving')

/** When the next lock runs out, on the steady clock; Infinity without one. */
export const nextLockEnd = ({ spans }: SharePartition): number =>
  spans.reduce((next, { lock }) => Math.min(next, lock?.until ?? Infinity), Infinity)

/** Offsets of the log that are not done with. */
export function lagOf({ start, spans }: SharePartition, logStart: number, logEnd: number): number {
  const from = Math.max(start, logStart)
  const done = spans
    .filter((span) => isFinal(span) && span.last >= from)
    .reduce((sum, { first, last }) => sum + last - Math.max(first, from) + 1, 0)
  return Math.max(0, logEnd - from - done)
}

/** The parts of the spans that lie in these offsets, `last` included. */
export function overlapping({ spans }: SharePartition, first: number, last: number): Span[] {
  const found: Span[] = []
  for (let i = indexOf(spans, first); i < spans.length && spans[i]!.first <= last; i++) {
    found.push(clipped(spans[i]!, first, last))
  }
  return found
}

/**
 * Puts the spans, which are in order and apart, in the place of what was known of their offsets. The window grows as far
 * as they reach; what it passes over waits to be delivered. It moves on where the first records are done with.
 */
export function withSpans(partition: SharePartition, changes: readonly Span[]): SharePartition {
  const relevant = changes.filter(({ last }) => last >= partition.start)
  if (relevant.length === 0) return partition
  const end = Math.max(partition.end, relevant.at(-1)!.last + 1)
  const merged: Span[] = []
  let from = partition.start
  for (const change of relevant) {
    const first = Math.max(change.first, partition.start)
    copyKnown(partition, from, first - 1, merged)
    push(merged, { ...change, first })
    from = change.last + 1
  }
  copyKnown(partition, from, end - 1, merged)
  return movedOn({ start: partition.start, end, spans: merged })
}

/** Nothing below `start` counts any more, whatever its state. */
export function startingAt(partition: SharePartition, start: number): SharePartition {
  if (start <= partition.start) return partition
  if (start >= partition.end) return newSharePartition(start)
  return movedOn({ start, end: partition.end, spans: overlapping(partition, start, partition.end - 1) })
}

/** Nothing from `end` on exists any more: the log lost its end, and others will take these offsets. */
export function endingAt(partition: SharePartition, end: number): SharePartition {
  if (end >= partition.end) return partition
  if (end <= partition.start) return newSharePartition(end)
  return movedOn({ start: partition.start, end, spans: overlapping(partition, partition.start, end - 1) })
}

/** What remains of it after a restart: nobody holds a lock, and deliveries under way have not been counted. */
export function withoutLocks(partition: SharePartition): SharePartition {
  const released = partition.spans
    .filter(({ state }) => state === 'acquired')
    .map(({ first, last, deliveryCount }) => ({ ...AVAILABLE, first, last, deliveryCount: deliveryCount - 1 }))
  return withSpans(partition, released)
}

const AVAILABLE = { state: 'available', deliveryCount: 0 } as const

function movedOn({ start, end, spans }: SharePartition): SharePartition {
  const firstOpen = spans.findIndex((span) => !isFinal(span))
  if (firstOpen === 0) return { start, end, spans }
  if (firstOpen < 0) return newSharePartition(end)
  return { start: spans[firstOpen]!.first, end, spans: spans.slice(firstOpen) }
}

/** Appends what is known of these offsets; what lies behind the end was passed over and is available. */
function copyKnown(partition: SharePartition, first: number, last: number, into: Span[]): void {
  for (const span of overlapping(partition, first, Math.min(last, partition.end - 1))) push(into, span)
  const unknown = Math.max(first, partition.end)
  if (unknown <= last) push(into, { ...AVAILABLE, first: unknown, last })
}

function push(spans: Span[], span: Span): void {
  if (span.first > span.last) return
  const before = spans.at(-1)
  if (before !== undefined && isAlike(before, span)) spans[spans.length - 1] = { ...before, last: span.last }
  else spans.push(span)
}

const isAlike = (a: Span, b: Span): boolean =>
  a.state === b.state &&
  (isFinal(a) || a.deliveryCount === b.deliveryCount) &&
  a.cause === b.cause &&
  a.lock?.memberId === b.lock?.memberId &&
  a.lock?.until === b.lock?.until

const clipped = (span: Span, first: number, last: number): Span =>
  span.first >= first && span.last <= last
    ? span
    : { ...span, first: Math.max(span.first, first), last: Math.min(span.last, last) }

/** The index of the span that contains the offset, or of the first one after it. */
function indexOf(spans: readonly Span[], offset: number): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle]!.last < offset) low = middle + 1
    else high = middle
  }
  return low
}
