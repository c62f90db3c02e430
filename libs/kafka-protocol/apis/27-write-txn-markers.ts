import { defineApi } from '../api.ts'
import { array, since } from '../struct.ts'
import { bool, int8, int16, int32, int64, string } from '../types.ts'

/** Writes the control records that end a transaction; clients use it to abort what hangs. v2 transaction version. */
export const writeTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: { min: 1, max: 2 },
  flexible: 1,
  request: {
    markers: array({
      producerId: int64,
      producerEpoch: int16,
      /** True commits. */
      transactionResult: bool,
      topics: array({
        name: string,
        partitionIndexes: array(int32),
      }),
      coordinatorEpoch: int32,
      transactionVersion: since(2, int8, 0),
    }),
  },
  response: {
    markers: array({
      producerId: int64,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          errorCode: int16,
        }),
      }),
    }),
  },
})
