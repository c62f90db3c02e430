import type { CommittedOffset, TopicPartition } from './records.ts'

/** Offsets by topic, then partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>

export function addOffsets(before: Offsets, added: readonly (TopicPartition & CommittedOffset)[]): Offsets {
  const offsets = new Map(before)
  const copied = new Map<string, Map<number, CommittedOffset>>()
  for (const { topic, partition, ...committed } of added) {
    const partitions = copied.get(topic) ?? new Map(offsets.get(topic))
    partitions.set(partition, committed)
    copied.set(topic, partitions)
    offsets.set(topic, partitions)
  }
  return offsets
}

export function removeOffsets(before: Offsets, removed: readonly TopicPartition[]): Offsets {
  const offsets = new Map(before)
  for (const { topic, partition } of removed) {
    const partitions = new Map(offsets.get(topic))
    partitions.delete(partition)
    if (partitions.size > 0) offsets.set(topic, partitions)
    else offsets.delete(topic)
  }
  return offsets
}

/** What a transaction commits replaces what was committed before it was sent, and nothing that was committed since. */
export function mergeNewer(before: Offsets, ended: Offsets): Offsets {
  const newer: (TopicPartition & CommittedOffset)[] = []
  for (const [topic, partitions] of ended) {
    for (const [partition, committed] of partitions) {
      const committedAt = before.get(topic)?.get(partition)?.committedAt ?? -1
      if (committed.committedAt >= committedAt) newer.push({ topic, partition, ...committed })
    }
  }
  return addOffsets(before, newer)
}
