import type { Subscriber } from './assignors.ts'
import { keyOf, type PartitionKey } from './partitions.ts'

/**
 * Kafka's `range`: of each topic, every subscriber reads partitions that follow each other, so that subscribers of topics
 * with equally many partitions read the same numbers of all of them. Static members come first, by their names.
 */
export function assignRanges(subscribers: readonly Subscriber[]): ReadonlyMap<string, ReadonlySet<PartitionKey>> {
  const ordered = [...subscribers].sort(byName)
  const readers = new Map<string, { readonly partitions: number; readonly memberIds: string[] }>()
  const targets = new Map<string, Set<PartitionKey>>()
  for (const { memberId, topics } of ordered) {
    targets.set(memberId, new Set())
    for (const { topicId, partitions } of topics) {
      const known = readers.get(topicId)
      if (known === undefined) readers.set(topicId, { partitions, memberIds: [memberId] })
      else known.memberIds.push(memberId)
    }
  }
  for (const [topicId, { partitions, memberIds }] of readers) {
    const share = Math.floor(partitions / memberIds.length)
    const extra = partitions % memberIds.length
    let next = 0
    for (const [rank, memberId] of memberIds.entries()) {
      const end = next + share + (rank < extra ? 1 : 0)
      for (; next < end; next++) targets.get(memberId)!.add(keyOf(topicId, next))
    }
  }
  return targets
}

function byName(a: Subscriber, b: Subscriber): number {
  const isStatic = (subscriber: Subscriber) => (subscriber.instanceId === null ? 1 : 0)
  const name = ({ instanceId, memberId }: Subscriber) => instanceId ?? memberId
  return isStatic(a) - isStatic(b) || (name(a) < name(b) ? -1 : 1)
}
