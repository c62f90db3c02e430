import { defineApi } from '../api.ts'
import { array, or, since, struct, tagged, until } from '../struct.ts'
import { int16, int32, int64, nullable, records, string, uuid } from '../types.ts'

/**
 * Appends one record batch per partition. v7 zstd, v8 record errors, v10 current leader, v11 TRANSACTION_ABORTABLE, v12 implicit
 * add-partition (transaction protocol 2), v13 topic ids.
 */
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: { min: 3, max: 13 },
  flexible: 9,
  request: {
    transactionalId: or(null, nullable(string)),
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: until(12, string),
      topicId: since(13, uuid),
      partitionData: array({
        index: int32,
        records: records,
      }),
    }),
  },
  response: {
    responses: array({
      name: until(12, string),
      topicId: since(13, uuid),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        logAppendTimeMs: or(-1, int64),
        logStartOffset: since(5, int64, -1),
        recordErrors: since(
          8,
          array({
            batchIndex: int32,
            batchIndexErrorMessage: or(null, nullable(string)),
          }),
        ),
        errorMessage: since(8, nullable(string), null),
        currentLeader: tagged(
          0,
          10,
          struct({
            leaderId: or(-1, int32),
            leaderEpoch: or(-1, int32),
          }),
        ),
      }),
    }),
    throttleTimeMs: or(0, int32),
    nodeEndpoints: tagged(
      0,
      10,
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: or(null, nullable(string)),
      }),
      [],
    ),
  },
})
