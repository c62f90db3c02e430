import { ErrorCode, metadata, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import type { ReadableTopic } from '../internal-topics/readable-log.ts'
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS, UNREPORTED } from '../metadata/authorized-operations.ts'
import { isRefusal } from '../metadata/refusal.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'

/**
 * Metadata: 0-13
 * - A topic that is created by asking for it has its leader in the same answer: it is answered when it can be used.
 */
export const handleMetadata = defineHandler({
  api: metadata,
  advertised: { min: 0, max: 13 },
  async handle(request, { broker, apiVersion, listener }) {
    const wantsAll = request.topics === null || (apiVersion === 0 && request.topics.length === 0)
    const mayCreate = apiVersion < 4 || request.allowAutoTopicCreation
    const topics = wantsAll
      ? Array.from(broker.readable.all(), (topic) => describe(broker, topic))
      : await Promise.all(distinct(request.topics!).map((wanted) => find(broker, wanted, mayCreate, apiVersion)))
    const { host, port } = listener.advertised
    const isAskedForOperations = request.includeTopicAuthorizedOperations
    return {
      brokers: [{ nodeId: broker.nodeId, host, port, rack: broker.settings['broker.rack'] }],
      clusterId: broker.clusterId,
      controllerId: broker.nodeId,
      topics: isAskedForOperations
        ? topics.map((topic) => ({ ...topic, topicAuthorizedOperations: TOPIC_OPERATIONS }))
        : topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : UNREPORTED,
    }
  },
})

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

/** Each topic is answered once, however often it is asked for. */
const distinct = (wanted: readonly Wanted[]): readonly Wanted[] => [
  ...new Map(wanted.map((topic) => [`${topic.topicId}${topic.name}`, topic])).values(),
]

const FIRST_BY_ID = 12

async function find(broker: Broker, wanted: Wanted, mayCreate: boolean, apiVersion: number) {
  // Ids are carried from version 10 on, but may be asked by only from version 12 on.
  const isById = wanted.name === null || wanted.topicId !== ZERO_UUID
  if (isById && apiVersion < FIRST_BY_ID) return missing(ErrorCode.INVALID_REQUEST, wanted.name ?? '', wanted.topicId)
  if (wanted.name === null || isById) {
    const topic = broker.readable.findById(wanted.topicId)
    return topic === undefined ? missing(ErrorCode.UNKNOWN_TOPIC_ID, null, wanted.topicId) : describe(broker, topic)
  }
  const { name } = wanted
  const topic = broker.readable.find(name)
  if (topic !== undefined) return describe(broker, topic)
  if (topicNameProblem(name) !== undefined) return missing(ErrorCode.INVALID_TOPIC_EXCEPTION, name)
  if (!mayCreate || !broker.settings['auto.create.topics.enable']) {
    return missing(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name)
  }
  const created = await broker.controller.findOrCreate(name)
  return isRefusal(created) ? missing(created.errorCode, name) : describe(broker, created)
}

function missing(errorCode: ErrorCode, name: string | null, topicId = ZERO_UUID) {
  return { errorCode, name, topicId, isInternal: false, partitions: [] }
}

function describe(broker: Broker, topic: ReadableTopic) {
  const replicas = [broker.nodeId]
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.logs.map((log) => ({
      errorCode: ErrorCode.NONE,
      partitionIndex: log.partition,
      leaderId: broker.nodeId,
      leaderEpoch: log.leaderEpoch,
      replicaNodes: replicas,
      isrNodes: replicas,
      offlineReplicas: [],
    })),
  }
}
