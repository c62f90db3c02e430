import type { KafkaOptions } from './kafka-client.ts'
import { EARLIEST, LATEST, TopicReader } from './reader/topic-reader.ts'

export interface PartitionOffsets {
  readonly partition: number
  readonly earliest: number
  readonly latest: number
}

type Offsets = ReadonlyMap<string, readonly PartitionOffsets[]>

/**
 * The first and the next offset of every partition, by topic. A topic that is not there, or of which a partition has no
 * leader, is left out.
 *
 * The npm client asks for the metadata of all topics again for each one, which takes seconds once there are hundreds of
 * them; here all are in one request to each broker, and in one for each topic only if that fails.
 */
export const topicOffsets = async (options: KafkaOptions, topics: readonly string[]): Promise<Offsets> => {
  const reader = new TopicReader(options)
  try {
    const counts = await reader.partitionCounts(topics)
    try {
      return await offsetsOf(reader, counts)
    } catch {
      const each = await Promise.allSettled(Array.from(counts, (one) => offsetsOf(reader, new Map([one]))))
      return new Map(each.flatMap((found) => (found.status === 'fulfilled' ? [...found.value] : [])))
    }
  } finally {
    reader.close()
  }
}

const offsetsOf = async (reader: TopicReader, counts: ReadonlyMap<string, number>): Promise<Offsets> => {
  const partitions = [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const [earliest, latest] = await Promise.all([
    reader.offsetsAt(partitions, EARLIEST),
    reader.offsetsAt(partitions, LATEST),
  ])
  const firsts = new Map(earliest.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  const byTopic = Map.groupBy(latest, ({ topic }) => topic)
  return new Map(
    Array.from(counts.keys(), (topic) => [
      topic,
      (byTopic.get(topic) ?? [])
        .map(({ partition, offset }) => ({ partition, earliest: firsts.get(`${topic}/${partition}`)!, latest: offset }))
        .sort((a, b) => a.partition - b.partition),
    ]),
  )
}
