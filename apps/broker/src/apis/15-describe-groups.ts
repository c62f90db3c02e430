import { describeGroups, ErrorCode } from '#libs/kafka-protocol'
import { type Group, metadataOf, NO_ASSIGNMENT } from '../groups/group.ts'
import { defineHandler } from '../handler.ts'
import { GROUP_OPERATIONS, UNREPORTED } from '../metadata/authorized-operations.ts'

/** DescribeGroups: 0-6 */
export const handleDescribeGroups = defineHandler({
  api: describeGroups,
  advertised: { min: 0, max: 6 },
  handle: (request, { broker, apiVersion }) => ({
    groups: [...new Set(request.groups)].map((groupId) => {
      const group = broker.groups.find(groupId)
      const isOther = broker.groups.has(groupId) || broker.share.groups.find(groupId) !== undefined
      if (group === undefined) return unknown(groupId, isOther ? 'is not a classic group' : 'not found', apiVersion)
      const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : UNREPORTED
      return { ...describe(group), authorizedOperations }
    }),
  }),
})

function unknown(groupId: string, why: string, apiVersion: number) {
  const errorCode = apiVersion >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.NONE
  const errorMessage = `Group ${groupId} ${why}.`
  return { errorCode, errorMessage, groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
}

function describe(group: Group) {
  const isStable = group.state === 'Stable'
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocol ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocol) : NO_ASSIGNMENT,
      memberAssignment: member.assignment,
    })),
  }
}
