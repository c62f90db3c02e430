import { ErrorCode, offsetDelete } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** OffsetDelete: 0 */
export const handleOffsetDelete = defineHandler({
  api: offsetDelete,
  advertised: { min: 0, max: 0 },
  async handle(request, { broker }) {
    if (broker.groups.find(request.groupId) === undefined)
      return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] }
    const partitions = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
    )
    const errors = await broker.groups.deleteOffsets(request.groupId, partitions)
    let next = 0
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errors[next++]! })),
    }))
    return { errorCode: ErrorCode.NONE, topics }
  },
})
