import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, string } from '../types.ts'

/** Deletes a group's offsets of chosen partitions. */
export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: { min: 0, max: 0 },
  flexible: Infinity,
  request: {
    groupId: string,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: or(0, int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
