import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { int16, int32, int64, nullable, string, uint16, uuid, ZERO_UUID } from '../types.ts'

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: since(2, uuid, ZERO_UUID),
  logEndOffset: int64,
  lastFetchTimestamp: since(1, int64, -1),
  lastCaughtUpTimestamp: since(1, int64, -1),
}

/** How far the voters of the metadata log are. v1 times, v2 directories, nodes and messages. */
export const describeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: { min: 0, max: 2 },
  flexible: 0,
  request: {
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
  response: {
    errorCode: int16,
    errorMessage: since(2, nullable(string), null),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: since(2, nullable(string), null),
        leaderId: or(-1, int32),
        leaderEpoch: or(-1, int32),
        highWatermark: or(-1, int64),
        currentVoters: or([], array(replicaState)),
        observers: or([], array(replicaState)),
      }),
    }),
    nodes: since(
      2,
      array({
        nodeId: int32,
        listeners: array({
          name: string,
          host: string,
          port: uint16,
        }),
      }),
    ),
  },
})
