import { syncGroup } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** SyncGroup: 0-5 */
export const handleSyncGroup = defineHandler({
  api: syncGroup,
  advertised: { min: 0, max: 5 },
  async handle(request, { broker }) {
    const { errorCode, protocolType, protocol, assignment } = await broker.groups.sync(request.groupId, {
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      generation: request.generationId,
      protocolType: request.protocolType,
      protocol: request.protocolName,
      assignments: request.assignments,
    })
    return { errorCode, protocolType, protocolName: protocol, assignment }
  },
})
