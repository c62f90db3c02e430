import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int16, int32, int64, nullable, string } from '../types.ts'

/** The transactional ids of a coordinator. v1 filters by how long a transaction has run, v2 by a pattern. */
export const listTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: { min: 0, max: 2 },
  flexible: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: since(1, int64, -1),
    transactionalIdPattern: since(2, nullable(string), null),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({
      transactionalId: string,
      producerId: int64,
      transactionState: string,
    }),
  },
})
