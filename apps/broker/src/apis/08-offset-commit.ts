import { ErrorCode, offsetCommit } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * OffsetCommit: 2-9
 * - The retention time of versions 2-4 is ignored: `offsets.retention.minutes` holds for all.
 */
export const handleOffsetCommit = defineHandler({
  api: offsetCommit,
  advertised: { min: 2, max: 9 },
  async handle(request, { broker }) {
    const committedAt = broker.clock.now()
    const maxMetadata = broker.settings['offset.metadata.max.bytes']
    const wanted = request.topics.flatMap(({ name, partitions }) =>
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
    const outcome = await broker.groups.commit(request.groupId, {
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      generation: request.generationIdOrMemberEpoch,
      offsets: wanted.filter((_, i) => errors[i] === ErrorCode.NONE),
    })
    let next = 0
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const error = errors[next++]!
          return { partitionIndex, errorCode: error === ErrorCode.NONE ? outcome : error }
        }),
      })),
    }
  },
})
