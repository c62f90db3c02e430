import { defineApi } from '../api.ts'
import { or, since } from '../struct.ts'
import { bool, int16, int32, int64, nullable, string } from '../types.ts'

/** Gives a producer its id. v3 current id and epoch for recovery, v5 TRANSACTION_ABORTABLE. */
export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: { min: 0, max: 5 },
  flexible: 2,
  request: {
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    producerId: since(3, int64, -1),
    producerEpoch: since(3, int16, -1),
    enable2Pc: since(6, bool, false),
    keepPreparedTxn: since(6, bool, false),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    producerId: or(-1, int64),
    producerEpoch: int16,
    ongoingTxnProducerId: since(6, int64, -1),
    ongoingTxnProducerEpoch: since(6, int16, -1),
  },
})
