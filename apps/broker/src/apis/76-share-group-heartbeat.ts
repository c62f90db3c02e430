import { ErrorCode, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** ShareGroupHeartbeat: 1 */
export const handleShareGroupHeartbeat = defineHandler({
  api: shareGroupHeartbeat,
  advertised: { min: 1, max: 1 },
  async handle(request, { broker, clientId, clientHost }) {
    const { groupId, memberId } = request
    if (broker.groups.has(groupId)) {
      return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} is not a share group.` }
    }
    const answer = await broker.share.groups.heartbeat(groupId, { ...request, clientId, clientHost })
    if (!('memberEpoch' in answer)) return answer
    const { errorCode, memberEpoch, assignment } = answer
    const { heartbeatIntervalMs } = broker.share.configOf(groupId)
    const told = assignment === null ? null : { topicPartitions: assignment }
    return { errorCode, memberId, memberEpoch, heartbeatIntervalMs, assignment: told }
  },
})
