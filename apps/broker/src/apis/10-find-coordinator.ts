import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const GROUP = 0
const NO_NODE = { nodeId: -1, host: '', port: -1 }

/**
 * FindCoordinator: 0-6
 * - Every group is coordinated here. Transactions and share groups are not supported and have no coordinator.
 */
export const handleFindCoordinator = defineHandler({
  api: findCoordinator,
  advertised: { min: 0, max: 6 },
  handle(request, { broker, apiVersion }) {
    const here = { nodeId: broker.nodeId, ...broker.advertised }
    const isGroup = request.keyType === GROUP
    const errorCode = isGroup ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
    const errorMessage = isGroup ? null : 'only groups have a coordinator here'
    const answer = { ...(isGroup ? here : NO_NODE), errorCode, errorMessage }
    if (apiVersion < 4) return answer
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...answer })) }
  },
})
