import { defineApi } from '../api.ts'
import { array, or, since, until } from '../struct.ts'
import { int16, int32, nullable, string } from '../types.ts'

/** Members leave their group. v3 several members, static ones too, v5 reason. */
export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: { min: 0, max: 5 },
  flexible: 4,
  request: {
    groupId: string,
    memberId: until(2, string),
    members: since(
      3,
      array({
        memberId: string,
        groupInstanceId: or(null, nullable(string)),
        reason: since(5, nullable(string), null),
      }),
    ),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    members: since(
      3,
      array({
        memberId: string,
        groupInstanceId: nullable(string),
        errorCode: int16,
      }),
    ),
  },
})
