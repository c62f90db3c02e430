import { describeTopicPartitions, ErrorCode, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import type { ReadableTopic } from '../internal-topics/readable-log.ts'
import { TOPIC_OPERATIONS } from '../metadata/authorized-operations.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'

/** DescribeTopicPartitions: 0 */
export const handleDescribeTopicPartitions = defineHandler({
  api: describeTopicPartitions,
  advertised: { min: 0, max: 0 },
  handle({ topics: wanted, responsePartitionLimit, cursor }, { broker }) {
    if (cursor !== null && cursor.partitionIndex < 0) {
      const topics = wanted.map(({ name }) => ({ ...missing(name), errorCode: ErrorCode.INVALID_REQUEST }))
      return { topics }
    }
    const names = new Set(wanted.length > 0 ? wanted.map(({ name }) => name) : namesOf(broker))
    const from = cursor?.topicName ?? ''
    let room = Math.max(1, Math.min(responsePartitionLimit, broker.settings['max.request.partition.size.limit']))
    const topics = []
    for (const name of [...names].filter((candidate) => candidate >= from).sort()) {
      if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
      const topic = broker.readable.find(name)
      if (topic === undefined) {
        topics.push(missing(name))
        continue
      }
      const first = name === cursor?.topicName ? cursor.partitionIndex : 0
      const described = describe(broker, topic, first, first + room)
      topics.push(described)
      room -= described.partitions.length
      const next = first + described.partitions.length
      if (next < topic.partitions) return { topics, nextCursor: { topicName: name, partitionIndex: next } }
    }
    return { topics }
  },
})

const namesOf = (broker: Broker): string[] => Array.from(broker.readable.all(), ({ name }) => name)

function missing(name: string) {
  const isInvalid = topicNameProblem(name) !== undefined
  const errorCode = isInvalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { errorCode, name, topicId: ZERO_UUID, partitions: [], topicAuthorizedOperations: TOPIC_OPERATIONS }
}

function describe(broker: Broker, { name, topicId, logs }: ReadableTopic, from: number, to: number) {
  const replicas = [broker.nodeId]
  const partitions = logs.slice(from, to).map(({ partition, leaderEpoch }) => ({
    errorCode: ErrorCode.NONE,
    partitionIndex: partition,
    leaderId: broker.nodeId,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: replicas,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  }))
  const isInternal = isInternalTopic(name)
  return {
    errorCode: ErrorCode.NONE,
    name,
    topicId,
    isInternal,
    partitions,
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  }
}
