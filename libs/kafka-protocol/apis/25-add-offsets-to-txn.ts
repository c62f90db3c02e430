import { defineApi } from '../api.ts'
import { or } from '../struct.ts'
import { int16, int32, int64, string } from '../types.ts'

/** Adds a group's offsets to a transaction. v2 PRODUCER_FENCED, v4 TRANSACTION_ABORTABLE. */
export const addOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: { min: 0, max: 4 },
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
  },
})
