import { defineApi } from '../api.ts'
import { array, or, since, struct } from '../struct.ts'
import { bool, int8, int16, int32, int64, nullable, string, uuid } from '../types.ts'

/**
 * Acknowledges records that a member of a share group has acquired (KIP-932). Types: 0 gap, 1 accept, 2 release, 3 reject,
 * 4 renew. v0 was never stable; v2 renewals of locks.
 */
export const shareAcknowledge = defineApi({
  key: 79,
  name: 'ShareAcknowledge',
  versions: { min: 1, max: 2 },
  flexible: 0,
  request: {
    groupId: or(null, nullable(string)),
    memberId: nullable(string),
    shareSessionEpoch: int32,
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
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    acquisitionLockTimeoutMs: since(2, int32, 0),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
        currentLeader: struct({
          leaderId: int32,
          leaderEpoch: int32,
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
