import type { KafkaOptions } from './kafka-client.ts'
import { type PartitionOffsets, TopicReader } from './reader/topic-reader.ts'

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
    return await offsetsOf(reader, topics).catch(async () => {
      const each = await Promise.allSettled(topics.map((topic) => offsetsOf(reader, [topic])))
      return new Map(each.flatMap((found) => (found.status === 'fulfilled' ? [...found.value] : [])))
    })
  } finally {
    reader.close()
  }
}

const offsetsOf = async (reader: TopicReader, topics: readonly string[]): Promise<Offsets> =>
  new Map([...(await reader.offsets(topics))].filter(([, partitions]) => partitions.length > 0))
