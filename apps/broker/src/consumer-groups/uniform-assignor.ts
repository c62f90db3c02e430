import type { Subscriber } from './assignors.ts'
import { keyOf, type PartitionKey, topicIdOf } from './partitions.ts'

/**
 * As Kafka's `uniform`: everybody reads equally many partitions, as far as subscriptions allow, and what need not move
 * stays where it is. Partitions move one by one from who reads at least two more than another subscriber of the topic
 * does; each such move makes the differences smaller, so there is a last one.
 */
export function assignUniformly(subscribers: readonly Subscriber[]): ReadonlyMap<string, ReadonlySet<PartitionKey>> {
  const ordered = [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const targets = new Map(ordered.map(({ memberId }) => [memberId, new Set<PartitionKey>()]))
  const topics = subscribersByTopic(ordered)
  const owners = new Map<PartitionKey, string>()
  const give = (key: PartitionKey, memberId: string) => {
    const owner = owners.get(key)
    if (owner !== undefined) targets.get(owner)!.delete(key)
    targets.get(memberId)!.add(key)
    owners.set(key, memberId)
  }
  const idlest = (memberIds: readonly string[]): string =>
    memberIds.reduce((best, next) => (targets.get(next)!.size < targets.get(best)!.size ? next : best))

  for (const { memberId, before } of ordered) {
    for (const key of before) {
      const topic = topics.get(topicIdOf(key))
      if (topic?.keys.has(key) && topic.memberIds.includes(memberId) && !owners.has(key)) give(key, memberId)
    }
  }
  // Topics that few may read first: the others can still even things out.
  const all = [...topics.values()].sort((a, b) => a.memberIds.length - b.memberIds.length)
  for (const { keys, memberIds } of all) {
    for (const key of keys) if (!owners.has(key)) give(key, idlest(memberIds))
  }
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false
    for (const { keys, memberIds } of all) {
      let other = idlest(memberIds)
      for (const key of keys) {
        if (targets.get(owners.get(key)!)!.size - targets.get(other)!.size < 2) continue
        give(key, other)
        other = idlest(memberIds)
        hasMoved = true
      }
    }
  }
  return targets
}

interface SubscribedTopic {
  readonly keys: ReadonlySet<PartitionKey>
  readonly memberIds: readonly string[]
}

function subscribersByTopic(subscribers: readonly Subscriber[]): Map<string, SubscribedTopic> {
  const topics = new Map<string, { keys: Set<PartitionKey>; memberIds: string[] }>()
  for (const { memberId, topics: wanted } of subscribers) {
    for (const { topicId, partitions } of wanted) {
      const known = topics.get(topicId)
      if (known !== undefined) {
        known.memberIds.push(memberId)
        continue
      }
      const keys = new Set(Array.from({ length: partitions }, (_, index) => keyOf(topicId, index)))
      topics.set(topicId, { keys, memberIds: [memberId] })
    }
  }
  return topics
}
