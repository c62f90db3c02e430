import { defineApi } from '../api.ts'
import { array, optional, or } from '../struct.ts'
import { int16, int32, nullable, string, uuid } from '../types.ts'

/** Joins a share group, stays in it or leaves it (KIP-932): member epoch 0 joins, -1 leaves. v0 was never stable. */
export const shareGroupHeartbeat = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: { min: 1, max: 1 },
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    rackId: or(null, nullable(string)),
    subscribedTopicNames: or(null, nullable(array(string))),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    memberId: or(null, nullable(string)),
    memberEpoch: or(0, int32),
    heartbeatIntervalMs: or(0, int32),
    assignment: or(
      null,
      optional({
        topicPartitions: array({
          topicId: uuid,
          partitions: array(int32),
        }),
      }),
    ),
  },
})
