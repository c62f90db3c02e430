import { defineApi } from '../api.ts'
import { array, or, struct } from '../struct.ts'
import { bool, int16, int32, nullable, string, uuid } from '../types.ts'

/** The state of share groups (KIP-932). v0 was never stable. */
export const shareGroupDescribe = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: { min: 1, max: 1 },
  flexible: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: or(false, bool),
  },
  response: {
    throttleTimeMs: or(0, int32),
    groups: array({
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
      groupId: string,
      groupState: or('', string),
      groupEpoch: or(0, int32),
      assignmentEpoch: or(0, int32),
      assignorName: or('', string),
      members: array({
        memberId: string,
        rackId: or(null, nullable(string)),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        assignment: struct({
          topicPartitions: array({
            topicId: uuid,
            topicName: string,
            partitions: array(int32),
          }),
        }),
      }),
      authorizedOperations: or(-2147483648, int32),
    }),
  },
})
