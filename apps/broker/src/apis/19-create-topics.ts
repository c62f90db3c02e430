import { createTopics, ErrorCode, type RequestOf, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { describeTopicConfigs } from '../config/describe-configs.ts'
import { defineHandler } from '../handler.ts'
import { isRefusal, type Refusal, refusalOf } from '../metadata/refusal.ts'

type Wanted = RequestOf<typeof createTopics>['topics'][number]

/**
 * CreateTopics: 2-7
 * - A replication factor above one is refused: there is one broker. -1 means the default, whatever that says.
 * - Answered when the topic can be used; the timeout is ignored.
 */
export const handleCreateTopics = defineHandler({
  api: createTopics,
  advertised: { min: 2, max: 7 },
  async handle(request, { broker }) {
    const names = request.topics.map(({ name }) => name)
    const isTwice = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name)
    const topics = request.topics
      .filter(({ name }, i) => names.indexOf(name) === i)
      .map((wanted) =>
        isTwice(wanted.name) ? refused(wanted.name, TWICE) : create(broker, wanted, request.validateOnly),
      )
    return { topics: await Promise.all(topics) }
  },
})

const TWICE: Refusal = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }

async function create(broker: Broker, wanted: Wanted, validateOnly: boolean) {
  const { name, assignments } = wanted
  const refusal = placementProblem(broker, wanted)
  if (refusal !== undefined) return refused(name, refusal)
  const asked = assignments.length > 0 ? assignments.length : wanted.numPartitions
  const partitions = asked === -1 ? broker.settings['num.partitions'] : asked
  const configs: Record<string, string> = {}
  for (const { name: key, value } of wanted.configs) {
    if (value === null) return refused(name, invalidConfig(`Null value not supported for topic configs: ${key}`))
    configs[key] = value
  }
  const problem = broker.topics.creationProblem(name, partitions, configs)
  if (problem !== undefined) return refused(name, problem)
  const created = validateOnly
    ? { name, topicId: ZERO_UUID, partitions, configs }
    : await broker.topics.create(name, partitions, configs).catch(refusalOf)
  if (isRefusal(created)) return refused(name, created)
  const described = describeTopicConfigs(created.configs, broker.configs)
  return {
    ...{ name, topicId: created.topicId, errorCode: ErrorCode.NONE, errorMessage: null },
    ...{ numPartitions: partitions, replicationFactor: 1, configs: described },
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

function refused(name: string, { errorCode, errorMessage }: Refusal) {
  return { name, topicId: ZERO_UUID, errorCode, errorMessage, configs: [] }
}
