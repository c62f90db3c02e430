import { randomUUID } from 'node:crypto'
import { ErrorCode, joinGroup } from '#libs/kafka-protocol'
import { joinError } from '../groups/decision.ts'
import { defineHandler } from '../handler.ts'

/** JoinGroup: 0-9 */
export const handleJoinGroup = defineHandler({
  api: joinGroup,
  advertised: { min: 0, max: 9 },
  async handle(request, { broker, apiVersion, clientId, clientHost }) {
    const { groupId, memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request
    const answer =
      groupId === ''
        ? joinError(ErrorCode.INVALID_GROUP_ID, memberId)
        : broker.share.groups.find(groupId) !== undefined
          ? joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId)
          : await broker.groups.join(groupId, {
              memberId,
              instanceId: groupInstanceId,
              clientId,
              clientHost,
              sessionTimeoutMs,
              rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
              protocolType,
              // The metadata outlives the request; its frame need not.
              protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
              newMemberId: `${groupInstanceId ?? clientId}-${randomUUID()}`,
              requiresMemberId: apiVersion >= 4,
              canSkipAssignment: apiVersion >= 9,
            })
    return {
      errorCode: answer.errorCode,
      generationId: answer.generation,
      protocolType: answer.protocolType,
      // Null is possible from version 7 on.
      protocolName: answer.protocol ?? (apiVersion >= 7 ? null : ''),
      leader: answer.leader,
      skipAssignment: answer.skipAssignment,
      memberId: answer.memberId,
      members: answer.members.map(({ memberId, instanceId, metadata }) => ({
        memberId,
        groupInstanceId: instanceId,
        metadata,
      })),
    }
  },
})
