import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int16, int32, int64, string } from '../types.ts'

/** Where a leader epoch ended, so that a client can detect truncation. */
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: { min: 2, max: 4 },
  flexible: 4,
  request: {
    replicaId: since(3, int32, -2),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: or(-1, int32),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: or(-1, int32),
        endOffset: or(-1, int64),
      }),
    }),
  },
})
