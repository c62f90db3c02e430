import { ErrorCode, shareGroupDescribe } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { GROUP_OPERATIONS, UNREPORTED } from '../metadata/authorized-operations.ts'
import { NO_ASSIGNMENT } from '../share/assignor.ts'
import { type ShareGroup, type ShareMember, stateOf } from '../share/share-group.ts'

/** ShareGroupDescribe: 1 */
export const handleShareGroupDescribe = defineHandler({
  api: shareGroupDescribe,
  advertised: { min: 1, max: 1 },
  handle: ({ groupIds, includeAuthorizedOperations }, { broker }) => ({
    groups: [...new Set(groupIds)].map((groupId) => {
      const group = broker.share.groups.find(groupId)
      if (group === undefined) {
        const isOther = broker.groups.has(groupId)
        const errorMessage = `Group ${groupId} ${isOther ? 'is not a share group' : 'not found'}.`
        return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, members: [] }
      }
      const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : UNREPORTED
      return { ...described(group, broker), authorizedOperations }
    }),
  }),
})

const described = (group: ShareGroup, broker: Broker) => ({
  errorCode: ErrorCode.NONE,
  groupId: group.groupId,
  groupState: stateOf(group),
  groupEpoch: group.epoch,
  assignmentEpoch: group.epoch,
  assignorName: 'simple',
  members: Array.from(group.members.values(), (member) => memberOf(member, broker)),
})

function memberOf({ memberId, rackId, epoch, clientId, clientHost, topics, assigned }: ShareMember, broker: Broker) {
  const topicPartitions = (assigned ?? NO_ASSIGNMENT).map(({ topicId, partitions }) => ({
    ...{ topicId, topicName: broker.topics.findById(topicId)?.name ?? '', partitions },
  }))
  return {
    ...{ memberId, rackId, memberEpoch: epoch, clientId, clientHost },
    subscribedTopicNames: topics,
    assignment: { topicPartitions: topicPartitions.filter(({ topicName }) => topicName !== '') },
  }
}
