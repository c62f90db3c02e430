import { deleteTopics, ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

/**
 * DeleteTopics: 1-6
 * - Offsets that groups have committed for the topic go with it.
 */
export const handleDeleteTopics = defineHandler({
  api: deleteTopics,
  advertised: { min: 1, max: 6 },
  async handle(request, { broker, apiVersion }) {
    const wanted: { name: string | null; topicId: string }[] =
      apiVersion >= 6 ? [...request.topics] : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const responses = []
    for (const { name, topicId } of wanted) responses.push(await remove(broker, name, topicId))
    return { responses }
  },
})

async function remove(broker: Broker, name: string | null, topicId: string) {
  const topic = name === null ? broker.topics.findById(topicId) : broker.topics.find(name)
  if (topic === undefined) {
    const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId, errorCode }
  }
  if (!broker.settings['delete.topic.enable']) {
    return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.TOPIC_DELETION_DISABLED }
  }
  await broker.topics.delete(topic)
  broker.traffic.forget(topic.name)
  await broker.groups.forgetTopic(topic.name)
  return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.NONE }
}
