import { defineApi } from '../api.ts'
import { array, optional, or, since } from '../struct.ts'
import { int16, int32, nullable, string, uuid } from '../types.ts'

const topicPartitions = array({ topicId: uuid, partitions: array(int32) })

/**
 * Joins a consumer group, stays in it or leaves it (KIP-848): member epoch 0 joins, -1 leaves, -2 leaves for a while as a
 * static member. v1 adds regular expressions, and members name themselves. What has not changed is null, or -1.
 */
export const consumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: { min: 0, max: 1 },
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: or(null, nullable(string)),
    rackId: or(null, nullable(string)),
    rebalanceTimeoutMs: or(-1, int32),
    subscribedTopicNames: or(null, nullable(array(string))),
    subscribedTopicRegex: since(1, nullable(string), null),
    serverAssignor: or(null, nullable(string)),
    topicPartitions: or(null, nullable(topicPartitions)),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    memberId: or(null, nullable(string)),
    memberEpoch: or(0, int32),
    heartbeatIntervalMs: or(0, int32),
    assignment: or(null, optional({ topicPartitions })),
  },
})
