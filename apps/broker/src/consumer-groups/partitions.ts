/** A partition of a topic, whatever that is called: `TOPIC_ID:INDEX`. */
export type PartitionKey = string

/** Partitions of one topic, as messages and journals have them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export const keyOf = (topicId: string, partition: number): PartitionKey => `${topicId}:${partition}`

export const topicIdOf = (key: PartitionKey): string => key.slice(0, key.lastIndexOf(':'))

export const indexOf = (key: PartitionKey): number => Number(key.slice(key.lastIndexOf(':') + 1))

export function keysOf(topics: readonly TopicPartitions[]): PartitionKey[] {
  return topics.flatMap(({ topicId, partitions }) => partitions.map((partition) => keyOf(topicId, partition)))
}

/** By topic, partitions in order. */
export function byTopic(keys: Iterable<PartitionKey>): TopicPartitions[] {
  const topics = new Map<string, number[]>()
  for (const key of keys) {
    const topicId = topicIdOf(key)
    const partitions = topics.get(topicId)
    if (partitions === undefined) topics.set(topicId, [indexOf(key)])
    else partitions.push(indexOf(key))
  }
  return Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions: partitions.sort((a, b) => a - b) }))
}
