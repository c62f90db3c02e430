import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, int64, string } from '../types.ts'

/** Moves the start of partitions' logs. Offset -1 is the high watermark. */
export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: { min: 0, max: 2 },
  flexible: 2,
  request: {
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        offset: int64,
      }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        lowWatermark: int64,
        errorCode: int16,
      }),
    }),
  },
})
