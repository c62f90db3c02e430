import { describeCluster, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const BROKERS = 1

/**
 * DescribeCluster: 0-2
 * - Authorized operations are not reported: there are no ACLs.
 */
export const handleDescribeCluster = defineHandler({
  api: describeCluster,
  advertised: { min: 0, max: 2 },
  handle({ endpointType }, { broker }) {
    const { host, port } = broker.advertised
    const node = { brokerId: broker.nodeId, host, port, isFenced: false }
    const isAskedForBrokers = endpointType === BROKERS
    return {
      errorCode: isAskedForBrokers ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: isAskedForBrokers ? null : 'this is a broker',
      endpointType,
      clusterId: broker.topics.clusterId,
      controllerId: broker.nodeId,
      brokers: isAskedForBrokers ? [node] : [],
    }
  },
})
