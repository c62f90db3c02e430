import { defineApi } from '../api.ts'
import { array, since } from '../struct.ts'
import { bool, bytes, int16, int32, nullable, string } from '../types.ts'

/** The state of groups. v3 authorized operations, v4 static members, v6 GROUP_ID_NOT_FOUND for an unknown group. */
export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: { min: 0, max: 6 },
  flexible: 5,
  request: {
    groups: array(string),
    includeAuthorizedOperations: since(3, bool),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    groups: array({
      errorCode: int16,
      errorMessage: since(6, nullable(string), null),
      groupId: string,
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: since(4, nullable(string), null),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: since(3, int32, -2147483648),
    }),
  },
})
