import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

const GROUP = 0
const TRANSACTION = 1
/** A partition that a share group reads: `GROUP:TOPIC_ID:PARTITION`. */
const SHARE = 2
const SHARE_KEY = /^.+:[A-Za-z0-9_-]{22}:\d+$/
const NO_NODE = { nodeId: -1, host: '', port: -1 }

/**
 * FindCoordinator: 0-6
 * - Every group, transaction and partition of a share group is coordinated here.
 */
export const handleFindCoordinator = defineHandler({
  api: findCoordinator,
  advertised: { min: 0, max: 6 },
  handle(request, { broker, apiVersion, listener }) {
    const here = { nodeId: broker.nodeId, ...listener.advertised }
    const answerTo = (key: string) => {
      const problem = problemOf(request.keyType, key, apiVersion)
      const errorCode = problem === null ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
      return { ...(problem === null ? here : NO_NODE), errorCode, errorMessage: problem }
    }
    if (apiVersion < 4) return answerTo(request.key)
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...answerTo(key) })) }
  },
})

function problemOf(keyType: number, key: string, apiVersion: number): string | null {
  if (keyType === GROUP || keyType === TRANSACTION) return null
  if (keyType !== SHARE || apiVersion < SHARE_SINCE) return 'only groups and transactions have a coordinator here'
  return SHARE_KEY.test(key) ? null : 'the key is not GROUP:TOPIC_ID:PARTITION'
}

const SHARE_SINCE = 6
