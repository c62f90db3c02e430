import { consumerGroupDescribe, ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { type ConsumerGroup, type ConsumerMember, stateOf, targetOf } from '../consumer-groups/consumer-group.ts'
import { assignorNames } from '../consumer-groups/consumer-group-config.ts'
import { byTopic, type PartitionKey } from '../consumer-groups/partitions.ts'
import { preferredAssignor } from '../consumer-groups/target.ts'
import { defineHandler } from '../handler.ts'
import { GROUP_OPERATIONS, UNREPORTED } from '../metadata/authorized-operations.ts'

const MemberType = { classic: 0, consumer: 1 } as const

/** ConsumerGroupDescribe: 0-1 */
export const handleConsumerGroupDescribe = defineHandler({
  api: consumerGroupDescribe,
  advertised: { min: 0, max: 1 },
  handle: ({ groupIds, includeAuthorizedOperations }, { broker }) => ({
    groups: [...new Set(groupIds)].map((groupId) => {
      if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, groupId, members: [] }
      const group = broker.groups.consumer.find(groupId)
      if (group === undefined) {
        const isOther = broker.groups.has(groupId) || broker.share.groups.find(groupId) !== undefined
        const errorMessage = isOther ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
        return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, members: [] }
      }
      const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : UNREPORTED
      return { ...described(group, broker), authorizedOperations }
    }),
  }),
})

const described = (group: ConsumerGroup, broker: Broker) => ({
  errorCode: ErrorCode.NONE,
  groupId: group.groupId,
  groupState: stateOf(group),
  groupEpoch: group.epoch,
  assignmentEpoch: group.assignmentEpoch,
  assignorName: preferredAssignor(group.members.values(), { assignors: assignorNames(broker.settings) }),
  members: Array.from(group.members.values(), (member) => memberOf(group, member, broker)),
})

/** A member answers for what it is to give up until it has. */
function memberOf(group: ConsumerGroup, member: ConsumerMember, broker: Broker) {
  const { memberId, instanceId, rackId, epoch, clientId, clientHost, topics, regex, assigned, revoking } = member
  return {
    ...{ memberId, instanceId, rackId, memberEpoch: epoch, clientId, clientHost },
    ...{ subscribedTopicNames: topics, subscribedTopicRegex: regex },
    assignment: named([...assigned.keys(), ...revoking.keys()], broker),
    targetAssignment: named(targetOf(group, memberId), broker),
    memberType: member.classic === undefined ? MemberType.consumer : MemberType.classic,
  }
}

/** Of topics that exist. */
function named(keys: Iterable<PartitionKey>, broker: Broker) {
  const topicPartitions = byTopic(keys).flatMap(({ topicId, partitions }) => {
    const topicName = broker.topics.findById(topicId)?.name
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
  })
  return { topicPartitions }
}
