import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int8, int16, int32, int64, string } from '../types.ts'

/** Finds offsets by time. v4 leader epoch, v7 -3 (greatest timestamp), v8 and v9 tiered storage, v10 timeout. */
export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: { min: 1, max: 11 },
  flexible: 6,
  request: {
    replicaId: int32,
    isolationLevel: since(2, int8),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: since(4, int32, -1),
        timestamp: int64,
      }),
    }),
    timeoutMs: since(10, int32),
  },
  response: {
    throttleTimeMs: since(2, int32, 0),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: or(-1, int64),
        offset: or(-1, int64),
        leaderEpoch: since(4, int32, -1),
      }),
    }),
  },
})
