import { alterPartitionReassignments, ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

/**
 * AlterPartitionReassignments: 0-1
 * - A partition can only be assigned to where it is: there is one broker.
 */
export const handleAlterPartitionReassignments = defineHandler({
  api: alterPartitionReassignments,
  advertised: { min: 0, max: 1 },
  handle: ({ allowReplicationFactorChange, topics }, { broker }) => ({
    allowReplicationFactorChange,
    errorCode: ErrorCode.NONE,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => ({
        partitionIndex,
        errorCode: ErrorCode.NONE,
        ...refusal(broker, name, partitionIndex, replicas),
      })),
    })),
  }),
})

function refusal(
  broker: Broker,
  topic: string,
  partition: number,
  replicas: readonly number[] | null,
): { readonly errorCode: ErrorCode; readonly errorMessage: string | null } | undefined {
  if (broker.topics.find(topic)?.logs[partition] === undefined) {
    const errorMessage = `Unable to find a topic named ${topic} with a partition ${partition}.`
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
  }
  if (replicas === null) {
    return { errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, errorMessage: null }
  }
  if (replicas.length === 1 && replicas[0] === broker.nodeId) return undefined
  const errorMessage = `The replicas must be broker ${broker.nodeId} alone: there is no other.`
  return { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage }
}
