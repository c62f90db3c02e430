import { defineApi } from '../api.ts'
import { array, or } from '../struct.ts'
import { int16, int32, int64, string } from '../types.ts'

/** What the coordinator knows of some transactional ids. */
export const describeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: { min: 0, max: 0 },
  flexible: 0,
  request: {
    transactionalIds: array(string),
  },
  response: {
    throttleTimeMs: or(0, int32),
    transactionStates: array({
      errorCode: int16,
      transactionalId: string,
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int64,
      producerId: int64,
      producerEpoch: int16,
      topics: array({
        topic: string,
        partitions: array(int32),
      }),
    }),
  },
})
