import { deleteTopics, ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'
import { refusalOf } from '../metadata/refusal.ts'
import type { Topic } from '../metadata/topics.ts'

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

/**
 * DeleteTopics: 1-6
 * - Offsets that groups have committed for the topic go with it.
 */
export const handleDeleteTopics = defineHandler({
  api: deleteTopics,
  advertised: { min: 1, max: 6 },
  async handle(request, { broker, apiVersion }) {
    const wanted: readonly Wanted[] =
      apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const times = countBy(wanted.map((one) => find(broker, one)?.topicId ?? keyOf(one)))
    const responses = []
    for (const one of new Map(wanted.map((each) => [keyOf(each), each])).values()) {
      const topic = find(broker, one)
      const isNamedTwice = times.get(topic?.topicId ?? keyOf(one))! > 1
      responses.push(isNamedTwice || !isNamedOnce(one) ? invalid(one) : await remove(broker, one, topic))
    }
    return { responses }
  },
})

/** By its name or by its id, not by neither or both. */
const isNamedOnce = ({ name, topicId }: Wanted): boolean => (name === null) !== (topicId === ZERO_UUID)

const keyOf = ({ name, topicId }: Wanted): string => `${topicId} ${name}`

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

const find = (broker: Broker, { name, topicId }: Wanted): Topic | undefined =>
  name === null ? broker.topics.findById(topicId) : broker.topics.find(name)

function invalid({ name, topicId }: Wanted) {
  const errorMessage = 'Each topic must be given once, by its name or by its id.'
  return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

async function remove(broker: Broker, { name, topicId }: Wanted, topic: Topic | undefined) {
  if (topic === undefined) {
    const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId, errorCode, ...internalTopicProblem(name ?? '') }
  }
  if (!broker.settings['delete.topic.enable']) {
    return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.TOPIC_DELETION_DISABLED }
  }
  const refusal = await broker.topics.delete(topic).catch(refusalOf)
  return { name: topic.name, topicId: topic.topicId, errorCode: ErrorCode.NONE, ...refusal }
}
