import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, nullable, string, uuid } from '../types.ts'

/** Makes an empty share group forget topics (KIP-932). */
export const deleteShareGroupOffsets = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    groupId: string,
    topics: array({
      topicName: string,
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    responses: array({
      topicName: string,
      topicId: uuid,
      errorCode: int16,
      errorMessage: or(null, nullable(string)),
    }),
  },
})
