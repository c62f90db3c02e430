import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { bool, bytes, int16, int32, nullable, string } from '../types.ts'

/**
 * A member joins its group. v1 rebalance timeout, v4 MEMBER_ID_REQUIRED, v5 static members, v7 protocol type in the answer, v8
 * reason, v9 skipped assignment.
 */
export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: { min: 0, max: 9 },
  flexible: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    groupInstanceId: since(5, nullable(string), null),
    protocolType: string,
    protocols: array({
      name: string,
      metadata: bytes,
    }),
    reason: since(8, nullable(string), null),
  },
  response: {
    throttleTimeMs: since(2, int32, 0),
    errorCode: int16,
    generationId: or(-1, int32),
    protocolType: since(7, nullable(string), null),
    protocolName: nullable(string, 7),
    leader: string,
    skipAssignment: since(9, bool, false),
    memberId: string,
    members: array({
      memberId: string,
      groupInstanceId: since(5, nullable(string), null),
      metadata: bytes,
    }),
  },
})
