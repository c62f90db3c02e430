import { defineApi } from '../api.ts'
import { array, between, since } from '../struct.ts'
import { bool, int16, int32, nullable, string, uuid } from '../types.ts'

/**
 * Brokers, topics, partitions and their leaders. v1 null means all topics (v0: none named), v4 auto-creation by choice, v10 topic
 * ids, v12 lookup by id, v13 top-level error.
 */
export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: { min: 0, max: 13 },
  flexible: 9,
  request: {
    topics: nullable(
      array({
        topicId: since(10, uuid),
        name: nullable(string, 10),
      }),
      1,
    ),
    allowAutoTopicCreation: since(4, bool, true),
    includeClusterAuthorizedOperations: between(8, 10, bool),
    includeTopicAuthorizedOperations: since(8, bool),
  },
  response: {
    throttleTimeMs: since(3, int32, 0),
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: since(1, nullable(string), null),
    }),
    clusterId: since(2, nullable(string), null),
    controllerId: since(1, int32, -1),
    topics: array({
      errorCode: int16,
      name: nullable(string, 12),
      topicId: since(10, uuid),
      isInternal: since(1, bool, false),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: since(7, int32, -1),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: since(5, array(int32)),
      }),
      topicAuthorizedOperations: since(8, int32, -2147483648),
    }),
    clusterAuthorizedOperations: between(8, 10, int32, -2147483648),
    errorCode: since(13, int16),
  },
})
