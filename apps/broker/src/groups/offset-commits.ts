import { ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import type { Commit } from './offsets.ts'

interface TopicOffsets {
  /** Empty where topics are named by id. */
  readonly name: string
  readonly topicId?: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly committedMetadata: string | null
  }[]
}

interface WantedOffsets {
  readonly topics: readonly TopicOffsets[]
  readonly byId: boolean
}

/** Commits what can be committed of the offsets in a request, and says of each partition what became of it. */
export async function commitOffsets(
  broker: Broker,
  { topics, byId }: WantedOffsets,
  /** What is wrong with each of them, in their order. */
  commit: (offsets: Commit['offsets']) => Promise<readonly ErrorCode[]>,
) {
  const committedAt = broker.clock.now()
  const maxMetadata = broker.settings['offset.metadata.max.bytes']
  const wanted = topics.flatMap(({ name, topicId = ZERO_UUID, partitions }) => {
    const topic = byId ? broker.readable.findById(topicId) : broker.readable.find(name)
    return partitions.map((partition) => {
      const offset = {
        topic: topic?.name ?? name,
        partition: partition.partitionIndex,
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata: partition.committedMetadata ?? '',
        committedAt,
      }
      if (byId && topic === undefined) return { offset, error: ErrorCode.UNKNOWN_TOPIC_ID }
      if (topic?.logs[offset.partition] === undefined) return { offset, error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
      const isTooLarge = offset.metadata.length > maxMetadata
      return { offset, error: isTooLarge ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE }
    })
  })
  const outcomes = await commit(wanted.filter(({ error }) => error === ErrorCode.NONE).map(({ offset }) => offset))
  let next = 0
  let tried = 0
  return topics.map(({ name, topicId = ZERO_UUID, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => {
      const { error } = wanted[next++]!
      return { partitionIndex, errorCode: error === ErrorCode.NONE ? outcomes[tried++]! : error }
    }),
  }))
}
