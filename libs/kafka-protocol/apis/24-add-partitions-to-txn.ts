import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, int64, string } from '../types.ts'

/** Adds partitions to a transaction. v2 PRODUCER_FENCED; the batched form of v4 and v5 is spoken among brokers only. */
export const addPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: { min: 0, max: 3 },
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    topics: array({
      name: string,
      partitions: array(int32),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      name: string,
      resultsByPartition: array({
        partitionIndex: int32,
        partitionErrorCode: int16,
      }),
    }),
  },
})
