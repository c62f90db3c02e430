import { defineApi } from '../api.ts'
import { array, optional, or } from '../struct.ts'
import { bool, int16, int32, nullable, string, uuid } from '../types.ts'

const cursor = optional({ topicName: string, partitionIndex: int32 })

/** Topics and their partitions, in pages: what does not fit is asked for again from `nextCursor`. */
export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    topics: array({ name: string }),
    responsePartitionLimit: or(2000, int32),
    cursor: or(null, cursor),
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      errorCode: int16,
      name: nullable(string),
      topicId: uuid,
      isInternal: or(false, bool),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: or(-1, int32),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        eligibleLeaderReplicas: or(null, nullable(array(int32))),
        lastKnownElr: or(null, nullable(array(int32))),
        offlineReplicas: array(int32),
      }),
      topicAuthorizedOperations: or(-2147483648, int32),
    }),
    nextCursor: or(null, cursor),
  },
})
