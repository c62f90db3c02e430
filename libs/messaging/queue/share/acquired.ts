import { recordsIn, type UnreadableBatch } from '../../reader/records-in.ts'
import { type Acknowledgement, Delivery, type Place } from './delivery.ts'

interface AcquiredRange {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

export interface Acquired {
  readonly found: readonly Delivery[]
  /** Acquired offsets at which there is no record: a log that is compacted has such. */
  readonly gaps: readonly Place[]
  /** Acquired records that there is no room for when they are decompressed. */
  readonly unread: readonly Place[]
}

/** What was acquired of a partition, from what was answered of it: whole batches, of which some records may be others'. */
export const acquiredFrom = (
  bytes: Buffer | null,
  ranges: readonly AcquiredRange[],
  { topic, topicId, partition }: { readonly topic: string; readonly topicId: string; readonly partition: number },
  acknowledge: (delivery: Delivery, how: Acknowledgement) => void,
): Acquired => {
  const acquired: { found: Delivery[]; gaps: Place[]; unread: Place[] } = { found: [], gaps: [], unread: [] }
  if (ranges.length === 0) return acquired
  const [offset, end] = [ranges[0]!.firstOffset, ranges.at(-1)!.lastOffset + 1]
  // What aborted transactions wrote is not acquired.
  const fetched = { topic, partition, offset, end, aborted: [] }
  const { records, next, unreadable } = recordsIn(bytes ?? Buffer.alloc(0), fetched)
  const byOffset = new Map(records.map((record) => [record.offset, record]))
  for (const { firstOffset, lastOffset, deliveryCount } of ranges)
    for (let offset = firstOffset; offset <= lastOffset; offset++) {
      const place = { topicId, partition, offset }
      const damage = damageAt(offset, unreadable)
      const record = damage === undefined ? byOffset.get(offset) : { ...nothing, topic, partition, offset }
      if (record !== undefined) acquired.found.push(new Delivery(place, record, deliveryCount, damage, acknowledge))
      else (offset < next ? acquired.gaps : acquired.unread).push(place)
    }
  return acquired
}

const nothing = { timestamp: 0, key: null, value: null, headers: {} }

const damageAt = (offset: number, unreadable: readonly UnreadableBatch[]): string | undefined =>
  unreadable.find(({ first, last }) => first <= offset && offset <= last)?.reason
