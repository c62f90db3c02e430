import type { Offsets } from './committed-offsets.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { CommittedOffset, GroupRecord, TopicPartition } from './records.ts'

/**
 * The records that bring a group's offsets back to where logs end. A consumer may have seen, and committed behind,
 * records that a power cut then took: others will have those offsets, and it would skip them.
 *
 * @param endOf end of a log; undefined when there is no such partition
 */
export function offsetsBeyondEnd(
  groupId: string,
  { committed, pending }: GroupOffsets,
  endOf: (topic: string, partition: number) => number | undefined,
): GroupRecord[] {
  const records: GroupRecord[] = []
  const offsets = beyondEnd(committed, endOf)
  if (offsets.length > 0) records.push({ type: 'OffsetsCommitted', groupId, offsets })
  for (const [producerId, ofTransaction] of pending) {
    const offsets = beyondEnd(ofTransaction, endOf)
    if (offsets.length > 0) records.push({ type: 'OffsetsPending', groupId, producerId, offsets })
  }
  return records
}

function beyondEnd(
  offsets: Offsets,
  endOf: (topic: string, partition: number) => number | undefined,
): (TopicPartition & CommittedOffset)[] {
  return [...offsets].flatMap(([topic, partitions]) =>
    [...partitions].flatMap(([partition, committed]) => {
      const end = endOf(topic, partition)
      return end === undefined || committed.offset <= end ? [] : [{ topic, partition, ...committed, offset: end }]
    }),
  )
}
