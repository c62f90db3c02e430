import { createTopics, ErrorCode, type RequestOf, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { describeTopicConfigs } from '../config/describe-configs.ts'
import { defineHandler } from '../handler.ts'
import type { TopicRecord } from '../metadata/metadata-records.ts'
import { isGranted, isRefusal, type Refusal } from '../metadata/refusal.ts'
import type { NewTopic } from '../metadata/topic-control.ts'

type Wanted = RequestOf<typeof createTopics>['topics'][number]

/**
 * CreateTopics: 2-7
 * - A replication factor above one is refused: there is one broker. -1 means the default, whatever that says.
 * - Answered when the topic can be used; the timeout is ignored.
 */
export const handleCreateTopics = defineHandler({
  api: createTopics,
  advertised: { min: 2, max: 7 },
  async handle({ topics, validateOnly }, { broker }) {
    const names = topics.map(({ name }) => name)
    const asked = topics.filter(({ name }, i) => names.indexOf(name) === i)
    const isTwice = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name)
    const wanted = asked.map((topic) => (isTwice(topic.name) ? TWICE : newTopic(broker, topic)))
    const accepted = wanted.filter(isGranted)
    const created = validateOnly
      ? accepted.map((one) => broker.controller.creationProblem(one) ?? { ...one, topicId: ZERO_UUID })
      : await broker.controller.createTopics(accepted)
    let next = 0
    const outcomes = wanted.map((one) => (isRefusal(one) ? one : created[next++]!))
    return { topics: asked.map(({ name }, i) => answer(broker, name, outcomes[i]!)) }
  },
})

const TWICE: Refusal = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }

function newTopic(broker: Broker, wanted: Wanted): NewTopic | Refusal {
  const { name, assignments } = wanted
  const problem = placementProblem(broker, wanted)
  if (problem !== undefined) return problem
  const asked = assignments.length > 0 ? assignments.length : wanted.numPartitions
  const configs: Record<string, string> = {}
  for (const { name: key, value } of wanted.configs) {
    if (value === null) return invalidConfig(`Null value not supported for topic configs: ${key}`)
    configs[key] = value
  }
  return { name, partitions: asked === -1 ? broker.settings['num.partitions'] : asked, configs }
}

function answer(broker: Broker, name: string, outcome: TopicRecord | Refusal) {
  if (isRefusal(outcome)) return { name, topicId: ZERO_UUID, ...outcome, configs: [] }
  return {
    ...{ name, topicId: outcome.topicId, errorCode: ErrorCode.NONE, errorMessage: null },
    ...{ numPartitions: outcome.partitions, replicationFactor: 1 },
    configs: describeTopicConfigs(outcome.configs, broker.configs),
  }
}

function placementProblem(
  broker: Broker,
  { numPartitions, replicationFactor, assignments }: Wanted,
): Refusal | undefined {
  if (assignments.length === 0) {
    if (replicationFactor === -1 || replicationFactor === 1) return undefined
    const errorMessage = `Unable to replicate the partition ${replicationFactor} time(s): there is 1 broker.`
    return { errorCode: ErrorCode.INVALID_REPLICATION_FACTOR, errorMessage }
  }
  if (numPartitions !== -1 || replicationFactor !== -1) {
    const errorMessage = 'Partitions and replication factor must be -1 where replicas are assigned.'
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  const indexes = assignments.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b)
  const isComplete = indexes.every((index, i) => index === i)
  const isHere = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === broker.nodeId)
  if (isComplete && isHere) return undefined
  const errorMessage = `Every partition from 0 must be assigned to broker ${broker.nodeId}, and to no other.`
  return { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage }
}

const invalidConfig = (errorMessage: string): Refusal => ({ errorCode: ErrorCode.INVALID_CONFIG, errorMessage })
