import { createPartitions, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'
import { noSuchTopic, type Refusal, refusal } from '../metadata/refusal.ts'
import { MAX_PARTITIONS } from '../metadata/topic-control.ts'
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

function add(broker: Broker, wanted: Wanted, validateOnly: boolean): Promise<Refusal | undefined> {
  const { controller, nodeId } = broker
  return controller.createPartitions(wanted.name, wanted.count, (topic) => problem(wanted, topic, nodeId), validateOnly)
}

function problem({ name, count, assignments }: Wanted, topic: Topic | undefined, nodeId: number): Refusal | undefined {
  if (topic === undefined) return internalTopicProblem(name) ?? noSuchTopic(name)
  if (count <= topic.partitions) {
    const now = `The topic ${name} currently has ${topic.partitions} partition(s)`
    return refusal(INVALID_PARTITIONS, `${now}; ${count} would not be an increase.`)
  }
  if (count > MAX_PARTITIONS) return refusal(INVALID_PARTITIONS, `That is more than ${MAX_PARTITIONS} partitions.`)
  const isHere = ({ brokerIds }: { brokerIds: readonly number[] }) => brokerIds.length === 1 && brokerIds[0] === nodeId
  if (assignments === null || (assignments.length === count - topic.partitions && assignments.every(isHere))) {
    return undefined
  }
  const errorMessage = `Every new partition must be assigned to broker ${nodeId}, and to no other.`
  return refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage)
}

const { INVALID_PARTITIONS } = ErrorCode
