import { ErrorCode, type RequestOf, type ResponseOf, shareFetch } from '#libs/kafka-protocol'
import { defineHandler, type RequestContext } from '../handler.ts'
import { type Acknowledged, acknowledgeAll, byTopic } from '../share/acknowledgements.ts'
import type { TopicIdPartition } from '../share/records.ts'
import { shareFetch as fetchShared, type SharedPartition } from '../share/share-fetch.ts'
import type { ShareSession } from '../share/share-sessions.ts'

type Request = RequestOf<typeof shareFetch>
type Response = ResponseOf<typeof shareFetch>

const RECORD_LIMIT = 1

/**
 * ShareFetch: 1-2
 * - Control batches, and with `read_committed` what aborted transactions wrote, are archived at once and never acquired.
 */
export const handleShareFetch = defineHandler({
  api: shareFetch,
  advertised: { min: 1, max: 2 },
  async handle(request, context): Promise<Response> {
    const { broker } = context
    const { groupId, memberId } = request
    const problem = problemOf(request)
    if (problem !== undefined) return refusal(ErrorCode.INVALID_REQUEST, problem)
    const member = { groupId: groupId!, memberId: memberId! }
    const { sessions } = broker.share
    const wanted = { ...member, epoch: request.shareSessionEpoch, ...partitionsIn(request) }
    const session = sessions.open(wanted, () => endWithConnection(context, member))
    if ('errorCode' in session) {
      // A member that has no session asks again at once: it waits here.
      if (session.errorCode === ErrorCode.SHARE_SESSION_LIMIT_REACHED) await pause(context, request.maxWaitMs)
      return refusal(session.errorCode, null)
    }
    const isFinal = sessions.isFinal(wanted)
    const acknowledging = acknowledgeAll(context, member, request.topics, request.isRenewAck)
    const largest = broker.settings['fetch.max.bytes']
    const fetched =
      isFinal || request.isRenewAck ? [] : await fetchShared(inTurn(session), limitsOf(request, largest), context)
    const acknowledged = await acknowledging
    if (isFinal) await broker.share.endSession(member.groupId, member.memberId)
    for (const { topicId, records } of fetched) {
      const topic = broker.topics.findById(topicId)
      if (topic !== undefined && records.length > 0) broker.traffic.fetched(topic.name, records)
    }
    const { recordLockDurationMs } = broker.share.configOf(member.groupId)
    return {
      errorCode: ErrorCode.NONE,
      acquisitionLockTimeoutMs: recordLockDurationMs,
      responses: responsesOf(fetched, acknowledged, sessions.isFirst(wanted)),
    }
  },
})

function problemOf({ groupId, memberId, topics, shareSessionEpoch, ...rest }: Request): string | undefined {
  if (groupId === null || groupId === '') return "GroupId can't be empty."
  if (memberId === null || memberId === '') return "MemberId can't be empty."
  const acknowledges = topics.some(({ partitions }) =>
    partitions.some((part) => part.acknowledgementBatches.length > 0),
  )
  if (shareSessionEpoch === 0 && acknowledges) return 'The first request of a share session acknowledges nothing.'
  const { isRenewAck, maxWaitMs, minBytes, maxBytes, maxRecords } = rest
  const fetches = maxWaitMs > 0 || minBytes > 0 || maxBytes > 0 || maxRecords > 0
  return isRenewAck && fetches ? 'A request that renews locks fetches nothing: its limits must be 0.' : undefined
}

const refusal = (errorCode: ErrorCode, errorMessage: string | null): Response => ({
  ...{ errorCode, errorMessage, responses: [] },
})

function partitionsIn({ topics, forgottenTopicsData }: Request) {
  const added = topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex }): TopicIdPartition => ({ topicId, partition: partitionIndex })),
  )
  const forgotten = forgottenTopicsData.flatMap(({ topicId, partitions }) =>
    partitions.map((partition): TopicIdPartition => ({ topicId, partition })),
  )
  return { added, forgotten }
}

function endWithConnection({ broker, onClose }: RequestContext, { groupId, memberId }: ShareMemberName): () => void {
  return onClose(() => void broker.share.endSession(groupId, memberId))
}
type ShareMemberName = Pick<ShareSession, 'groupId' | 'memberId'>

/** All of them, beginning with another one each time, so that none of them is always behind the others. */
function inTurn({ partitions, epoch }: ShareSession): TopicIdPartition[] {
  const all = [...partitions.values()]
  const first = all.length === 0 ? 0 : (epoch - 1) % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

const limitsOf = ({ groupId, memberId, maxWaitMs, minBytes, maxBytes, ...request }: Request, largest: number) => ({
  ...{ groupId: groupId!, memberId: memberId!, maxWaitMs, minBytes: Math.min(minBytes, maxBytes) },
  maxBytes: Math.min(maxBytes, largest),
  ...{ maxRecords: request.maxRecords, batchSize: request.batchSize },
  mode: request.shareAcquireMode === RECORD_LIMIT ? ('record_limit' as const) : ('batch_optimized' as const),
})

function responsesOf(fetched: readonly SharedPartition[], acknowledged: readonly Acknowledged[], isFirst: boolean) {
  const answers = new Map(acknowledged.map((part) => [keyOf(part), part]))
  const parts = fetched
    .filter((part) => isFirst || part.errorCode !== 0 || part.acquired.length > 0 || answers.has(keyOf(part)))
    .map((part) => partitionOf(part, answers.get(keyOf(part))))
  const told = new Set(fetched.map(keyOf))
  for (const answer of acknowledged) {
    if (told.has(keyOf(answer))) continue
    const { topicId, partition } = answer
    parts.push(partitionOf({ topicId, partition, errorCode: ErrorCode.NONE, acquired: [], records: [] }, answer))
  }
  return byTopic(parts)
}

const keyOf = ({ topicId, partition }: TopicIdPartition): string => `${topicId}:${partition}`

const partitionOf = ({ topicId, partition, errorCode, acquired, records }: SharedPartition, answer?: Acknowledged) => ({
  ...{ topicId, partition, partitionIndex: partition, errorCode, records },
  acknowledgeErrorCode: answer?.refused?.errorCode ?? ErrorCode.NONE,
  acknowledgeErrorMessage: answer?.refused?.errorMessage ?? null,
  currentLeader: { leaderId: 0, leaderEpoch: 0 },
  acquiredRecords: acquired.map(({ first, last, deliveryCount }) => ({
    ...{ firstOffset: first, lastOffset: last, deliveryCount },
  })),
})

function pause({ broker, onClose }: RequestContext, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const prevent = broker.clock.after(ms, () => {
      forget()
      resolve()
    })
    const forget = onClose(() => {
      prevent()
      resolve()
    })
  })
}
