import {
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  deleteGroups,
  describeGroups,
  ErrorCode,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from '#libs/kafka-protocol'
import { GROUP_OPERATIONS, UNREPORTED } from '../../../metadata/authorized-operations.ts'
import type { Access } from '../access.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { changed, defineGuard, eachOf, telling, wholly } from '../guard.ts'

const { read, describe, delete: remove } = AclOperation
const { topic: TOPIC, group: GROUP, cluster: CLUSTER } = AclResource
const { GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCode

const NOTHING = Buffer.alloc(0)

type OfGroup = { readonly groupId: string }

/** To be a member of the group is to read in it. */
const READS = { needs: [read, GROUP] as const, name: ({ groupId }: OfGroup) => groupId }

export const guardJoinGroup = wholly(joinGroup, {
  ...READS,
  refused: ({ memberId }, { context }) => ({
    ...{ errorCode: GROUP_AUTHORIZATION_FAILED, leader: '', memberId, members: [] },
    protocolName: context.apiVersion >= 7 ? null : '',
  }),
})

export const guardSyncGroup = wholly(syncGroup, {
  ...READS,
  refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED, assignment: NOTHING }),
})

export const guardHeartbeat = wholly(heartbeat, {
  ...READS,
  refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED }),
})

export const guardLeaveGroup = wholly(leaveGroup, {
  ...READS,
  refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED, members: [] }),
})

/** With what the client may do to the group in place of what can be done to any, where it has asked. */
export const withGroupOperations = <
  T extends { readonly groupId: string; readonly authorizedOperations?: number | undefined },
>(
  access: Access,
  group: T,
): T =>
  (group.authorizedOperations ?? UNREPORTED) === UNREPORTED
    ? group
    : { ...group, authorizedOperations: access.operations(GROUP_OPERATIONS, GROUP, group.groupId) }

export const guardDescribeGroups = telling(
  eachOf(describeGroups, 'groups', 'groups', {
    needs: [describe, GROUP],
    name: (groupId) => groupId,
    refused: (groupId) => ({
      ...{ errorCode: GROUP_AUTHORIZATION_FAILED, groupId, groupState: '', protocolType: '', protocolData: '' },
      members: [],
    }),
  }),
  ({ groups, ...rest }, access) => ({ ...rest, groups: groups.map((group) => withGroupOperations(access, group)) }),
)

/** Who may describe the cluster sees all groups. */
export const guardListGroups = defineGuard({
  api: listGroups,
  requires: [
    [
      [describe, CLUSTER],
      [describe, GROUP],
    ],
  ],
  handle: (request, access, next) =>
    access.couldCluster(describe)
      ? next(request)
      : changed(next(request), (all) => ({
          ...all,
          groups: all.groups.filter(({ groupId }) => access.could(describe, GROUP, groupId)),
        })),
})

export const guardDeleteGroups = eachOf(deleteGroups, 'groupsNames', 'results', {
  needs: [remove, GROUP],
  name: (groupId) => groupId,
  refused: (groupId) => ({ groupId, errorCode: GROUP_AUTHORIZATION_FAILED }),
})

/** What a regular expression means is found among the topics that its member may describe, in the group itself. */
export const guardConsumerGroupHeartbeat = defineGuard({
  api: consumerGroupHeartbeat,
  requires: [
    [read, GROUP],
    [describe, TOPIC],
  ],
  handle(request, access, next) {
    if (!access.may(read, GROUP, request.groupId)) return { errorCode: GROUP_AUTHORIZATION_FAILED }
    return mayDescribeAll(access, request.subscribedTopicNames) ? next(request) : { ...TOPICS_DENIED }
  },
})

/** All are asked about, so that the audit has all. */
export const mayDescribeAll = (access: Access, names: readonly string[] | null): boolean =>
  (names ?? []).filter((name) => !access.may(describe, TOPIC, name)).length === 0

export const TOPICS_DENIED = { errorCode: TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Topic authorization failed.' }

export const HIDDEN_MEMBERS = {
  errorCode: TOPIC_AUTHORIZATION_FAILED,
  errorMessage: 'The group has described topic(s) that the client is not authorized to describe.',
  members: [],
}

export const groupDenied = (groupId: string) => ({ errorCode: GROUP_AUTHORIZATION_FAILED, groupId, members: [] })

/** A group whose members have a topic that may not be described is not told of, since its members could not be. */
export const guardConsumerGroupDescribe = telling(
  eachOf(consumerGroupDescribe, 'groupIds', 'groups', {
    needs: [describe, GROUP],
    name: (groupId) => groupId,
    refused: groupDenied,
  }),
  ({ groups, ...rest }, access) => ({
    ...rest,
    groups: groups.map((group) => {
      const names = group.members.flatMap(({ subscribedTopicNames, assignment, targetAssignment }) => [
        ...subscribedTopicNames,
        ...[assignment, targetAssignment].flatMap((one) => one.topicPartitions.map(({ topicName }) => topicName)),
      ])
      const told = withGroupOperations(access, group)
      return mayDescribeAll(access, [...new Set(names)]) ? told : { ...told, ...HIDDEN_MEMBERS }
    }),
  }),
  [describe, TOPIC],
)
