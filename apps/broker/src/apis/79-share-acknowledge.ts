import { ErrorCode, type ResponseOf, shareAcknowledge } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { acknowledgeAll, byTopic } from '../share/acknowledgements.ts'

/** ShareAcknowledge: 1-2 */
export const handleShareAcknowledge = defineHandler({
  api: shareAcknowledge,
  advertised: { min: 1, max: 2 },
  async handle(request, context): Promise<ResponseOf<typeof shareAcknowledge>> {
    const { broker } = context
    const { groupId, memberId, shareSessionEpoch: epoch, isRenewAck } = request
    if (groupId === null || groupId === '' || memberId === null || memberId === '') {
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'GroupId and MemberId must be set.', responses: [] }
    }
    const wanted = { groupId, memberId, epoch, added: [], forgotten: [] }
    const session = broker.share.sessions.next(wanted)
    if ('errorCode' in session) return { errorCode: session.errorCode, responses: [] }
    const acknowledged = await acknowledgeAll(context, wanted, request.topics, isRenewAck)
    if (broker.share.sessions.isFinal(wanted)) await broker.share.endSession(groupId, memberId)
    const parts = acknowledged.map(({ topicId, partition, refused }) => ({
      ...{ topicId, partition, partitionIndex: partition },
      errorCode: refused?.errorCode ?? ErrorCode.NONE,
      errorMessage: refused?.errorMessage ?? null,
      currentLeader: { leaderId: 0, leaderEpoch: 0 },
    }))
    return {
      errorCode: ErrorCode.NONE,
      acquisitionLockTimeoutMs: broker.share.configOf(groupId).recordLockDurationMs,
      responses: byTopic(parts),
    }
  },
})
