import { ErrorCode, type RequestOf, syncGroup } from '#libs/kafka-protocol'
import { syncError } from '../groups/decision.ts'
import { defineHandler } from '../handler.ts'

/** SyncGroup: 0-5 */
export const handleSyncGroup = defineHandler({
  api: syncGroup,
  advertised: { min: 0, max: 5 },
  async handle(request, { broker, apiVersion }) {
    const refusal = refusalOf(request, apiVersion)
    const { errorCode, protocolType, protocol, assignment } =
      refusal !== ErrorCode.NONE
        ? syncError(refusal)
        : await broker.groups.sync(request.groupId, {
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

function refusalOf({ groupId, protocolType, protocolName }: RequestOf<typeof syncGroup>, apiVersion: number) {
  if (groupId === '') return ErrorCode.INVALID_GROUP_ID
  const isSaid = protocolType !== null && protocolName !== null
  return apiVersion >= 5 && !isSaid ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL : ErrorCode.NONE
}
