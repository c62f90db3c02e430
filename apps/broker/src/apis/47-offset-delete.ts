import { ErrorCode, offsetDelete } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** OffsetDelete: 0 */
export const handleOffsetDelete = defineHandler({
  api: offsetDelete,
  advertised: { min: 0, max: 0 },
  async handle(request, { broker }) {
    if (!broker.groups.has(request.groupId)) return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] }
    const isKnown = (topic: string, partition: number) => broker.topics.find(topic)?.logs[partition] !== undefined
    const known = request.topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ partitionIndex }) => isKnown(name, partitionIndex))
        .map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
    )
    const errors = await broker.groups.deleteOffsets(request.groupId, known)
    let next = 0
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: isKnown(name, partitionIndex) ? errors[next++]! : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    }))
    return { errorCode: ErrorCode.NONE, topics }
  },
})
