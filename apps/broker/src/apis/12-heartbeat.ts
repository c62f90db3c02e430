import { ErrorCode, heartbeat } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** Heartbeat: 0-4 */
export const handleHeartbeat = defineHandler({
  api: heartbeat,
  advertised: { min: 0, max: 4 },
  handle({ groupId, memberId, groupInstanceId, generationId }, { broker }) {
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const beat = { memberId, instanceId: groupInstanceId, generation: generationId }
    return { errorCode: broker.groups.heartbeat(groupId, beat) }
  },
})
