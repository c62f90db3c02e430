import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const GROUP = 0
const TRANSACTION = 1
const NO_NODE = { nodeId: -1, host: '', port: -1 }

/**
 * FindCoordinator: 0-6
 * - Every group and transaction is coordinated here. Share groups are not supported and have no coordinator.
 */
export const handleFindCoordinator = defineHandler({
  api: findCoordinator,
  advertised: { min: 0, max: 6 },
  handle(request, { broker, apiVersion }) {
    const here = { nodeId: broker.nodeId, ...broker.advertised }
    const isKnown = request.keyType === GROUP || request.keyType === TRANSACTION
    const errorCode = isKnown ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
    const errorMessage = isKnown ? null : 'only groups and transactions have a coordinator here'
    const answer = { ...(isKnown ? here : NO_NODE), errorCode, errorMessage }
    if (apiVersion < 4) return answer
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...answer })) }
  },
})
