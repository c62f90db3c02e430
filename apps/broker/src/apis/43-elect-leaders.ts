import { ErrorCode, electLeaders } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const UNCLEAN = 1

/**
 * ElectLeaders: 0-2
 * - The one broker leads everything already, so no election is ever needed.
 */
export const handleElectLeaders = defineHandler({
  api: electLeaders,
  advertised: { min: 0, max: 2 },
  handle({ electionType, topicPartitions }, { broker }) {
    if (electionType < 0 || electionType > UNCLEAN) {
      const errorCode = ErrorCode.INVALID_REQUEST
      const errorMessage = `Unknown election type ${electionType}`
      const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
      }))
      return { errorCode, replicaElectionResults }
    }
    // Asked for everything, the answer holds what changed: nothing.
    const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => {
        const known = broker.readable.find(topic)
        if (known === undefined) return unknown(partitionId, `No such topic as ${topic}`)
        if (known.logs[partitionId] === undefined) {
          return unknown(partitionId, `No such partition as ${topic}-${partitionId}`)
        }
        const errorMessage = 'Leader election not needed for topic partition.'
        return { partitionId, errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage }
      }),
    }))
    return { errorCode: ErrorCode.NONE, replicaElectionResults }
  },
})

const unknown = (partitionId: number, errorMessage: string) => ({
  partitionId,
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage,
})
