import { describeCluster, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { CLUSTER_OPERATIONS, UNREPORTED } from '../metadata/authorized-operations.ts'

const BROKERS = 1
const CONTROLLERS = 2

/** DescribeCluster: 0-2 */
export const handleDescribeCluster = defineHandler({
  api: describeCluster,
  advertised: { min: 0, max: 2 },
  handle({ endpointType, includeClusterAuthorizedOperations }, { broker, listener }) {
    if (endpointType !== BROKERS) {
      const isKnown = endpointType === CONTROLLERS
      return {
        errorCode: isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: 'The request was sent to an endpoint of type BROKER.',
        clusterId: '',
        brokers: [],
      }
    }
    const { host, port } = listener.advertised
    return {
      errorCode: ErrorCode.NONE,
      clusterId: broker.clusterId,
      controllerId: broker.nodeId,
      brokers: [{ brokerId: broker.nodeId, host, port, rack: broker.settings['broker.rack'], isFenced: false }],
      clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : UNREPORTED,
    }
  },
})
