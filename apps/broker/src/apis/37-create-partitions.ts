import { createPartitions, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'
import { isRefusal, noSuchTopic, type Refusal, refusalOf } from '../metadata/refusal.ts'
import type { Topic } from '../metadata/topics.ts'

type Wanted = RequestOf<typeof createPartitions>['topics'][number]

/** CreatePartitions: 0-3 */
export const handleCreatePartitions = defineHandler({
  api: createPartitions,
  advertised: { min: 0, max: 3 },
  async handle(request, { broker }) {
    const results = []
    for (const wanted of new Map(request.topics.map((topic) => [topic.name, topic])).values()) {
      const isTwice = request.topics.filter(({ name }) => name === wanted.name).length > 1
      const refusal = isTwice ? TWICE : await add(broker, wanted, request.validateOnly)
      results.push({ name: wanted.name, errorCode: ErrorCode.NONE, errorMessage: null, ...refusal })
    }
    return { results }
  },
})

const TWICE: Refusal = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }

async function add(broker: Broker, wanted: Wanted, validateOnly: boolean): Promise<Refusal | undefined> {
  const internal = internalTopicProblem(wanted.name)
  if (internal !== undefined) return internal
  const problem = (topic: Topic) => growthProblem(broker, wanted, topic)
  if (validateOnly) {
    const topic = broker.topics.find(wanted.name)
    return topic === undefined ? noSuchTopic(wanted.name) : problem(topic)
  }
  const grown = await broker.topics.grow(wanted.name, wanted.count, problem).catch(refusalOf)
  return isRefusal(grown) ? grown : undefined
}

function growthProblem(
  broker: Broker,
  { name, count, assignments }: Wanted,
  { partitions }: Topic,
): Refusal | undefined {
  if (count <= partitions) {
    const errorMessage = `The topic ${name} currently has ${partitions} partition(s); ${count} would not be an increase.`
    return { errorCode: ErrorCode.INVALID_PARTITIONS, errorMessage }
  }
  if (count > 10_000)
    return { errorCode: ErrorCode.INVALID_PARTITIONS, errorMessage: 'That is more than 10000 partitions.' }
  const isHere = ({ brokerIds }: { brokerIds: readonly number[] }) =>
    brokerIds.length === 1 && brokerIds[0] === broker.nodeId
  if (assignments !== null && (assignments.length !== count - partitions || !assignments.every(isHere))) {
    const errorMessage = `Every new partition must be assigned to broker ${broker.nodeId}, and to no other.`
    return { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage }
  }
  return undefined
}
