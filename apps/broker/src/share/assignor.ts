/** A topic that exists. */
export interface AssignableTopic {
  readonly topicId: string
  readonly partitions: number
}

/** Partitions by topic, in order. */
export type Assignment = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export interface Subscriber {
  readonly memberId: string
  /** Names of topics, sorted. */
  readonly topics: readonly string[]
}

export const NO_ASSIGNMENT: Assignment = []

/**
 * Kafka's `simple` assignor: every partition has a member, every member of a topic a partition of it, and partitions are
 * shared where members are more. Members that subscribe to the same divide all their partitions among them. Says the same
 * of the same, so that it need not be written down.
 */
export function assign(
  members: Iterable<Subscriber>,
  topicOf: (name: string) => AssignableTopic | undefined,
): ReadonlyMap<string, Assignment> {
  const byTopics = new Map<string, { readonly topics: readonly string[]; readonly memberIds: string[] }>()
  for (const { memberId, topics } of [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))) {
    const key = JSON.stringify(topics)
    const alike = byTopics.get(key)
    if (alike === undefined) byTopics.set(key, { topics, memberIds: [memberId] })
    else alike.memberIds.push(memberId)
  }
  const assignments = new Map<string, Assignment>()
  for (const { topics, memberIds } of byTopics.values()) divide(topics, memberIds, topicOf, assignments)
  return assignments
}

function divide(
  topics: readonly string[],
  memberIds: readonly string[],
  topicOf: (name: string) => AssignableTopic | undefined,
  into: Map<string, Assignment>,
): void {
  const partitions = topics.flatMap((name) => {
    const topic = topicOf(name)
    return Array.from({ length: topic?.partitions ?? 0 }, (_, index) => ({ topicId: topic!.topicId, index }))
  })
  for (const [rank, memberId] of memberIds.entries()) {
    const own =
      memberIds.length >= partitions.length
        ? partitions.slice(rank % Math.max(1, partitions.length), (rank % Math.max(1, partitions.length)) + 1)
        : partitions.filter((_, i) => i % memberIds.length === rank)
    const assigned: { topicId: string; partitions: number[] }[] = []
    for (const { topicId, index } of own) {
      const last = assigned.at(-1)
      if (last?.topicId === topicId) last.partitions.push(index)
      else assigned.push({ topicId, partitions: [index] })
    }
    into.set(memberId, assigned)
  }
}
