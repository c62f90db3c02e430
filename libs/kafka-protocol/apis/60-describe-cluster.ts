import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string } from '../types.ts'

/** The cluster's id, nodes and controller. v1 endpoint type, v2 fenced brokers. */
export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: { min: 0, max: 2 },
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: since(1, int8, 1),
    includeFencedBrokers: since(2, bool),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: or(-1, int32),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: or(null, nullable(string)),
      isFenced: since(2, bool),
    }),
    clusterAuthorizedOperations: or(-2147483648, int32),
  },
})
