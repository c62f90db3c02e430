import { alterShareGroupOffsets, ErrorCode, type RequestOf, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { groupInUse } from '../share/group-in-use.ts'

type Topic = RequestOf<typeof alterShareGroupOffsets>['topics'][number]

/**
 * AlterShareGroupOffsets: 0
 * - A group that there is not comes to be, without members.
 */
export const handleAlterShareGroupOffsets = defineHandler({
  api: alterShareGroupOffsets,
  advertised: { min: 0, max: 0 },
  async handle({ groupId, topics }, { broker }) {
    const refusal = groupInUse(broker, groupId)
    if (refusal !== undefined) return { ...refusal, responses: [] }
    const responses = topics.map((topic) => checked(topic, broker))
    const starts = responses.flatMap(({ topicId, partitions }) =>
      partitions
        .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
        .map(({ partitionIndex, start }) => ({ topicId, partition: partitionIndex, start })),
    )
    if (await broker.share.partitions.restart(groupId, starts)) return { errorCode: ErrorCode.NONE, responses }
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk refuses.', responses: [] }
  },
})

function checked({ topicName, partitions }: Topic, broker: Broker) {
  const topic = broker.topics.find(topicName)
  return {
    topicName,
    topicId: topic?.topicId ?? ZERO_UUID,
    partitions: partitions.map(({ partitionIndex, startOffset }) => {
      const isKnown = topic?.logs[partitionIndex] !== undefined
      const part = { partitionIndex, start: startOffset, errorMessage: null }
      if (!isKnown) return { ...part, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
      if (startOffset >= 0) return { ...part, errorCode: ErrorCode.NONE }
      return { ...part, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'An offset is not negative.' }
    }),
  }
}
