import { defineApi } from '../api.ts'
import { array, or, since, until } from '../struct.ts'
import { int16, int32, int64, nullable, string, uuid } from '../types.ts'

/**
 * Commits a group's offsets as part of a transaction. v2 leader epoch, v3 member and generation, v4 TRANSACTION_ABORTABLE,
 * v5 adds the group to the transaction by itself, v6 topic ids.
 */
export const txnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: { min: 0, max: 6 },
  flexible: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: since(3, int32, -1),
    memberId: since(3, string, ''),
    groupInstanceId: since(3, nullable(string), null),
    topics: array({
      name: until(5, string),
      topicId: since(6, uuid),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: since(2, int32, -1),
        committedMetadata: nullable(string),
      }),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    topics: array({
      name: until(5, string),
      topicId: since(6, uuid),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
