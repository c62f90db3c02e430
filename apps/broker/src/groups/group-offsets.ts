import { addOffsets, mergeNewer, type Offsets, removeOffsets } from './committed-offsets.ts'
import type { CommittedOffset, GroupRecord, TopicPartition } from './records.ts'

/**
 * The offsets of one group. They know nothing of its members: whatever protocol decides who may commit, the offsets
 * are kept, expire and end with transactions in the same way, and stay when the protocol changes.
 */
export interface GroupOffsets {
  readonly committed: Offsets
  /** By producer id, what its open transaction will commit. */
  readonly pending: ReadonlyMap<number, Offsets>
}

export const NO_OFFSETS: GroupOffsets = { committed: new Map(), pending: new Map() }

export const hasOffsets = ({ committed, pending }: GroupOffsets): boolean => committed.size + pending.size > 0

/** Applies one durable record; the same function replays the journal and carries out decisions. */
export function evolveOffsets(offsets: GroupOffsets, record: GroupRecord): GroupOffsets {
  const { committed, pending } = offsets
  switch (record.type) {
    case 'OffsetsCommitted':
      return { ...offsets, committed: addOffsets(committed, record.offsets) }
    case 'OffsetsPending': {
      const added = addOffsets(pending.get(record.producerId) ?? new Map(), record.offsets)
      return { ...offsets, pending: new Map(pending).set(record.producerId, added) }
    }
    case 'TransactionEnded': {
      const left = new Map(pending)
      const ended = left.get(record.producerId)
      left.delete(record.producerId)
      const isCommitted = record.commit && ended !== undefined
      return { committed: isCommitted ? mergeNewer(committed, ended) : committed, pending: left }
    }
    case 'OffsetsDeleted': {
      const left = new Map<number, Offsets>()
      for (const [producerId, before] of pending) {
        const after = removeOffsets(before, record.offsets)
        if (after.size > 0) left.set(producerId, after)
      }
      return { committed: removeOffsets(committed, record.offsets), pending: left }
    }
    case 'GroupDeleted':
      return NO_OFFSETS
    default:
      return offsets
  }
}

/** Whether an open transaction may still change this offset. */
export function isPending({ pending }: GroupOffsets, topic: string, partition: number): boolean {
  for (const offsets of pending.values()) if (offsets.get(topic)?.has(partition) === true) return true
  return false
}

/** Topics of which anything is known. */
export const topicsOf = ({ committed, pending }: GroupOffsets): string[] => [
  ...new Set([committed, ...pending.values()].flatMap((offsets) => [...offsets.keys()])),
]

/** Partitions of this topic of which anything is known. */
export function partitionsOf({ committed, pending }: GroupOffsets, topic: string): TopicPartition[] {
  const known = [committed, ...pending.values()].flatMap((offsets) => [...(offsets.get(topic)?.keys() ?? [])])
  return Array.from(new Set(known), (partition) => ({ topic, partition }))
}

/** The shortest sequence of records that gives these offsets again. */
export function* snapshotOfOffsets(groupId: string, { committed, pending }: GroupOffsets): Generator<GroupRecord> {
  for (const [topic, partitions] of committed) {
    yield { type: 'OffsetsCommitted', groupId, offsets: stored(topic, partitions) }
  }
  for (const [producerId, offsets] of pending) {
    const all = [...offsets].flatMap(([topic, partitions]) => stored(topic, partitions))
    yield { type: 'OffsetsPending', groupId, producerId, offsets: all }
  }
}

const stored = (topic: string, partitions: ReadonlyMap<number, CommittedOffset>) =>
  Array.from(partitions, ([partition, committed]) => ({ topic, partition, ...committed }))
