import { ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import type { Commit } from './offsets.ts'

interface TopicOffsets {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly committedMetadata: string | null
  }[]
}

/** Commits what can be committed of the offsets in a request, and says of each partition what became of it. */
export async function commitOffsets(
  broker: Broker,
  topics: readonly TopicOffsets[],
  commit: (offsets: Commit['offsets']) => Promise<ErrorCode>,
) {
  const committedAt = broker.clock.now()
  const maxMetadata = broker.settings['offset.metadata.max.bytes']
  const wanted = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({
      topic: name,
      partition: partition.partitionIndex,
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
      committedAt,
    })),
  )
  const checkPartition = ({ topic, partition, metadata }: (typeof wanted)[number]): ErrorCode => {
    if (broker.topics.find(topic)?.logs[partition] === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return Buffer.byteLength(metadata) > maxMetadata ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE
  }
  const errors = wanted.map(checkPartition)
  const outcome = await commit(wanted.filter((_, i) => errors[i] === ErrorCode.NONE))
  let next = 0
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const error = errors[next++]!
      return { partitionIndex, errorCode: error === ErrorCode.NONE ? outcome : error }
    }),
  }))
}
