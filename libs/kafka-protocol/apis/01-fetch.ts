import { defineApi } from '../api.ts'
import { array, between, or, since, struct, tagged, until } from '../struct.ts'
import { int8, int16, int32, int64, nullable, records, string, uuid, ZERO_UUID } from '../types.ts'

/**
 * Reads record batches. v7 sessions, v9 leader epoch, v11 rack, v12 last fetched epoch, v13 topic ids in place of names, v15
 * replica state in a tag, v16 node endpoints; v17 and v18 concern followers only.
 */
export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: { min: 4, max: 18 },
  flexible: 12,
  request: {
    clusterId: tagged(0, 12, nullable(string), null),
    replicaId: between(4, 14, int32, -1),
    replicaState: tagged(
      1,
      15,
      struct({
        replicaId: or(-1, int32),
        replicaEpoch: or(-1, int64),
      }),
    ),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: or(2147483647, int32),
    isolationLevel: or(0, int8),
    sessionId: since(7, int32, 0),
    sessionEpoch: since(7, int32, -1),
    topics: array({
      topic: until(12, string),
      topicId: since(13, uuid),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: since(9, int32, -1),
        fetchOffset: int64,
        lastFetchedEpoch: since(12, int32, -1),
        logStartOffset: since(5, int64, -1),
        partitionMaxBytes: int32,
        replicaDirectoryId: tagged(0, 17, uuid, ZERO_UUID),
        highWatermark: tagged(1, 18, int64, Number.MAX_SAFE_INTEGER),
      }),
    }),
    forgottenTopicsData: since(
      7,
      array({
        topic: until(12, string),
        topicId: since(13, uuid),
        partitions: array(int32),
      }),
    ),
    rackId: since(11, string, ''),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: since(7, int16),
    sessionId: since(7, int32, 0),
    responses: array({
      topic: until(12, string),
      topicId: since(13, uuid),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: or(-1, int64),
        logStartOffset: since(5, int64, -1),
        divergingEpoch: tagged(
          0,
          12,
          struct({
            epoch: or(-1, int32),
            endOffset: or(-1, int64),
          }),
        ),
        currentLeader: tagged(
          1,
          12,
          struct({
            leaderId: or(-1, int32),
            leaderEpoch: or(-1, int32),
          }),
        ),
        snapshotId: tagged(
          2,
          12,
          struct({
            endOffset: or(-1, int64),
            epoch: or(-1, int32),
          }),
        ),
        abortedTransactions: nullable(
          array({
            producerId: int64,
            firstOffset: int64,
          }),
        ),
        preferredReadReplica: since(11, int32, -1),
        records: records,
      }),
    }),
    nodeEndpoints: tagged(
      0,
      16,
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
