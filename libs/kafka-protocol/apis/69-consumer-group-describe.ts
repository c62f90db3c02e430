import { defineApi } from '../api.ts'
import { array, or, since, struct } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string, uuid } from '../types.ts'

const assignment = struct({
  topicPartitions: array({
    topicId: uuid,
    topicName: string,
    partitions: array(int32),
  }),
})

/** The state of groups of the consumer protocol (KIP-848). v1 says which members speak it: 0 classic, 1 consumer. */
export const consumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: { min: 0, max: 1 },
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
        instanceId: or(null, nullable(string)),
        rackId: or(null, nullable(string)),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        subscribedTopicRegex: or(null, nullable(string)),
        assignment,
        targetAssignment: assignment,
        memberType: since(1, int8, -1),
      }),
      authorizedOperations: or(-2147483648, int32),
    }),
  },
})
