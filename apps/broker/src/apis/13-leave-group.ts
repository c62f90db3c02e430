import { ErrorCode, leaveGroup } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** LeaveGroup: 0-5 */
export const handleLeaveGroup = defineHandler({
  api: leaveGroup,
  advertised: { min: 0, max: 5 },
  async handle(request, { broker, apiVersion }) {
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] }
    if (apiVersion < 3) {
      const [errorCode] = await broker.groups.leave(request.groupId, [{ memberId: request.memberId, instanceId: null }])
      return { errorCode: errorCode!, members: [] }
    }
    const leavers = request.members.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }))
    const errors = await broker.groups.leave(request.groupId, leavers)
    return {
      errorCode: ErrorCode.NONE,
      members: request.members.map(({ memberId, groupInstanceId }, i) => ({
        memberId,
        groupInstanceId,
        errorCode: errors[i]!,
      })),
    }
  },
})
