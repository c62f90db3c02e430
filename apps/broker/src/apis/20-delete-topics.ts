import { deleteTopics, ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'
import { isRefusal, type Refusal } from '../metadata/refusal.ts'
import type { Topic } from '../metadata/topics.ts'

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

/**
 * DeleteTopics: 1-6
 * - Offsets that groups have committed for the topic go with it.
 * - Answered when the deletion is on disk; the files go afterwards.
 */
export const handleDeleteTopics = defineHandler({
  api: deleteTopics,
  advertised: { min: 1, max: 6 },
  async handle(request, { broker, apiVersion }) {
    const wanted: readonly Wanted[] =
      apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const times = countBy(wanted.map((one) => find(broker, one)?.topicId ?? keyOf(one)))
    const asked = [...new Map(wanted.map((each) => [keyOf(each), each])).values()].map((one) => {
      const topic = find(broker, one)
      const isNamedTwice = times.get(topic?.topicId ?? keyOf(one))! > 1
      const isInvalid = isNamedTwice || !isNamedOnce(one)
      return { one, topic, refused: isInvalid ? invalid(one) : problem(broker, one, topic) }
    })
    const doomed = asked.flatMap(({ topic, refused }) => (topic === undefined || refused !== undefined ? [] : [topic]))
    const deleted = doomed.length > 0 ? await broker.controller.deleteTopics(doomed.map(({ topicId }) => topicId)) : []
    let next = 0
    return {
      responses: asked.map(({ one, topic, refused }) => refused ?? answer(one, topic!, deleted, next++)),
    }
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

function problem(broker: Broker, one: Wanted, topic: Topic | undefined) {
  if (topic === undefined) return missing(one)
  const isAllowed = broker.settings['delete.topic.enable']
  return isAllowed ? undefined : { ...nameOf(topic), errorCode: ErrorCode.TOPIC_DELETION_DISABLED }
}

function answer(one: Wanted, topic: Topic, deleted: readonly boolean[] | Refusal, index: number) {
  if (isRefusal(deleted)) return { ...nameOf(topic), ...deleted }
  // Somebody else may have deleted it first.
  return deleted[index] ? { ...nameOf(topic), errorCode: ErrorCode.NONE } : missing(one)
}

const nameOf = ({ name, topicId }: Topic): Wanted => ({ name, topicId })

function missing({ name, topicId }: Wanted) {
  const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { name, topicId, errorCode, ...internalTopicProblem(name ?? '') }
}
