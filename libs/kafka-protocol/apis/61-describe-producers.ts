import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, int64, nullable, string } from '../types.ts'

/** Who writes to a partition, and which transactions are open there. */
export const describeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
        activeProducers: array({
          producerId: int64,
          producerEpoch: int32,
          lastSequence: or(-1, int32),
          lastTimestamp: or(-1, int64),
          coordinatorEpoch: int32,
          currentTxnStartOffset: or(-1, int64),
        }),
      }),
    }),
  },
})
