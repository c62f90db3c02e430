import { defineApi } from '../api.ts'
import { array, since } from '../struct.ts'
import { bytes, int16, int32, nullable, string } from '../types.ts'

/** Hands the leader's assignment to every member. v3 static members, v5 protocol type and name. */
export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: { min: 0, max: 5 },
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignments: array({
      memberId: string,
      assignment: bytes,
    }),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignment: bytes,
  },
})
