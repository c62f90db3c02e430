import { deleteRecords, ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'

/** DeleteRecords: 0-2 */
export const handleDeleteRecords = defineHandler({
  api: deleteRecords,
  advertised: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const topics = []
    for (const { name, partitions } of request.topics) {
      const moved = partitions.map(({ partitionIndex, offset }) => moveStart(broker, name, partitionIndex, offset))
      topics.push({ name, partitions: await Promise.all(moved) })
    }
    return { topics }
  },
})

async function moveStart(broker: Broker, topic: string, partitionIndex: number, offset: number) {
  const log = broker.topics.find(topic)?.logs[partitionIndex]
  if (log === undefined) {
    const errorCode = internalTopicProblem(topic)?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { partitionIndex, lowWatermark: -1, errorCode }
  }
  const result = await log.deleteRecordsBefore(offset)
  return result.ok
    ? { partitionIndex, lowWatermark: result.logStartOffset, errorCode: ErrorCode.NONE }
    : { partitionIndex, lowWatermark: -1, errorCode: result.errorCode }
}
