import { defineApi } from '../api.ts'
import { or, since } from '../struct.ts'
import { bool, int16, int32, int64, string } from '../types.ts'

/** Commits or aborts. v2 PRODUCER_FENCED, v4 TRANSACTION_ABORTABLE, v5 the producer goes on under another epoch. */
export const endTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: { min: 0, max: 5 },
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    producerId: since(5, int64, -1),
    producerEpoch: since(5, int16, -1),
  },
})
