import { defineApi } from '../api.ts'
import { since } from '../struct.ts'
import { int16, int32, nullable, string } from '../types.ts'

/** A member says it is alive. v3 static members. */
export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: { min: 0, max: 4 },
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
  },
  response: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
  },
})
