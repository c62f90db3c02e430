import { deleteShareGroupOffsets, ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { groupInUse } from '../share/group-in-use.ts'

/** DeleteShareGroupOffsets: 0 */
export const handleDeleteShareGroupOffsets = defineHandler({
  api: deleteShareGroupOffsets,
  advertised: { min: 0, max: 0 },
  async handle({ groupId, topics }, { broker }) {
    const refusal = groupInUse(broker, groupId)
    if (refusal !== undefined) return { ...refusal, responses: [] }
    if (broker.share.groups.find(groupId) === undefined) {
      const errorMessage = `Group ${groupId} not found.`
      return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, responses: [] }
    }
    const known = new Set(Array.from(broker.share.partitions.of(groupId), ({ topicId }) => topicId))
    const responses = topics.map(({ topicName }) => {
      const topicId = broker.topics.find(topicName)?.topicId
      if (topicId !== undefined && known.has(topicId)) return { topicName, topicId, errorCode: ErrorCode.NONE }
      const errorMessage = 'There is no offset information to delete.'
      return { ...{ topicName, topicId: topicId ?? ZERO_UUID }, errorCode: UNKNOWN, errorMessage }
    })
    const gone = responses.filter(({ errorCode }) => errorCode === ErrorCode.NONE).map(({ topicId }) => topicId)
    if (await broker.share.partitions.forgetTopics([groupId], gone)) return { errorCode: ErrorCode.NONE, responses }
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk refuses.', responses: [] }
  },
})

const UNKNOWN = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
