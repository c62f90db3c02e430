import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, int64, nullable, string, uuid } from '../types.ts'

/** Sets where an empty share group begins in partitions (KIP-932). */
export const alterShareGroupOffsets = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    groupId: string,
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        startOffset: int64,
      }),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    responses: array({
      topicName: string,
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
      }),
    }),
  },
})
