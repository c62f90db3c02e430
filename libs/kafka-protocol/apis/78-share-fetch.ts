import { defineApi } from '../api.ts'
import { array, or, since, struct } from '../struct.ts'
import { bool, int8, int16, int32, int64, nullable, records, string, uuid } from '../types.ts'

/**
 * Acquires records for a member of a share group, and acknowledges others on the way (KIP-932). Session epoch 0 opens a
 * share session, -1 closes it. v0 was never stable; v2 how records are acquired, and renewals of locks.
 */
export const shareFetch = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: { min: 1, max: 2 },
  flexible: 0,
  request: {
    groupId: or(null, nullable(string)),
    memberId: nullable(string),
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: or(2147483647, int32),
    maxRecords: int32,
    batchSize: int32,
    shareAcquireMode: since(2, int8, 0),
    isRenewAck: since(2, bool, false),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
    forgottenTopicsData: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    acquisitionLockTimeoutMs: or(0, int32),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
        acknowledgeErrorCode: or(0, int16),
        acknowledgeErrorMessage: or(null, nullable(string)),
        currentLeader: struct({
          leaderId: int32,
          leaderEpoch: int32,
        }),
        records: records,
        acquiredRecords: array({
          firstOffset: int64,
          lastOffset: int64,
          deliveryCount: int16,
        }),
      }),
    }),
    nodeEndpoints: or(
      [],
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: or(null, nullable(string)),
      }),
    ),
  },
})
