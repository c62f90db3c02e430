import {
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
  describeShareGroupOffsets,
  ErrorCode,
  type RequestOf,
  type ResponseOf,
  shareAcknowledge,
  shareFetch,
  shareGroupDescribe,
  shareGroupHeartbeat,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import type { Access } from '../access.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { apart, changed, defineGuard, eachOf, telling, wholly } from '../guard.ts'
import { groupDenied, HIDDEN_MEMBERS, mayDescribeAll, TOPICS_DENIED, withGroupOperations } from './groups.ts'

const { read, describe, delete: remove } = AclOperation
const { topic: TOPIC, group: GROUP } = AclResource
const { GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCode

export const guardShareGroupHeartbeat = defineGuard({
  api: shareGroupHeartbeat,
  requires: [
    [read, GROUP],
    [describe, TOPIC],
  ],
  handle(request, access, next) {
    if (!access.may(read, GROUP, request.groupId)) return { errorCode: GROUP_AUTHORIZATION_FAILED }
    return mayDescribeAll(access, request.subscribedTopicNames) ? next(request) : { ...TOPICS_DENIED }
  },
})

export const guardShareGroupDescribe = telling(
  eachOf(shareGroupDescribe, 'groupIds', 'groups', {
    needs: [describe, GROUP],
    name: (groupId) => groupId,
    refused: groupDenied,
  }),
  ({ groups, ...rest }, access) => ({
    ...rest,
    groups: groups.map((group) => {
      const names = group.members.flatMap(({ subscribedTopicNames, assignment }) => [
        ...subscribedTopicNames,
        ...assignment.topicPartitions.map(({ topicName }) => topicName),
      ])
      const told = withGroupOperations(access, group)
      return mayDescribeAll(access, [...new Set(names)]) ? told : { ...told, ...HIDDEN_MEMBERS }
    }),
  }),
  [describe, TOPIC],
)

/** Of a session that goes on, the group is not named again. */
const READS = {
  needs: [read, GROUP] as const,
  name: ({ groupId }: { readonly groupId: string | null }) => groupId,
  refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED, responses: [] }),
}

/** Which of the topics may be read is asked in the handlers, of each partition of the session and of each acknowledged. */
export const guardShareFetch = { ...wholly(shareFetch, READS), requires: [READS.needs, [read, TOPIC] as const] }
export const guardShareAcknowledge = {
  ...wholly(shareAcknowledge, READS),
  requires: [READS.needs, [read, TOPIC] as const],
}

type DescribedGroup = RequestOf<typeof describeShareGroupOffsets>['groups'][number]
type ToldGroup = ResponseOf<typeof describeShareGroupOffsets>['groups'][number]

export const guardDescribeShareGroupOffsets = defineGuard({
  api: describeShareGroupOffsets,
  requires: [
    [describe, GROUP],
    [describe, TOPIC],
  ],
  handle: (request, access, next) =>
    apart(
      request.groups,
      ({ groupId }) => access.may(describe, GROUP, groupId),
      (asked) => {
        const isAllowed = (name: string) => access.may(describe, TOPIC, name)
        const groups = asked.map((group) => ({
          ...group,
          topics: group.topics?.filter(({ topicName }) => isAllowed(topicName)) ?? null,
        }))
        return changed(next({ groups }), (answer) => ({
          groups: answer.groups.map((told, i) => withDenied(told, asked[i]!, access)),
        }))
      },
      ({ groups }, denied) => ({
        groups: [
          ...groups,
          ...denied.map(({ groupId }) => ({ groupId, topics: [], errorCode: GROUP_AUTHORIZATION_FAILED })),
        ],
      }),
    ),
})

function withDenied(told: ToldGroup, { topics: wanted }: DescribedGroup, access: Access): ToldGroup {
  const isShown = (name: string) => access.could(describe, TOPIC, name)
  if (wanted === null) return { ...told, topics: told.topics.filter(({ topicName }) => isShown(topicName)) }
  const denied = wanted.filter(({ topicName }) => !isShown(topicName))
  return {
    ...told,
    topics: [
      ...told.topics,
      ...denied.map(({ topicName, partitions }) => ({
        ...{ topicName, topicId: ZERO_UUID },
        partitions: partitions.map((partitionIndex) => ({
          ...{ partitionIndex, startOffset: -1, leaderEpoch: 0, errorCode: TOPIC_AUTHORIZATION_FAILED },
        })),
      })),
    ],
  }
}

export const guardAlterShareGroupOffsets = eachOf(
  alterShareGroupOffsets,
  'topics',
  'responses',
  {
    needs: [read, TOPIC],
    name: ({ topicName }) => topicName,
    refused: ({ topicName, partitions }) => ({
      ...{ topicName, topicId: ZERO_UUID },
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED })),
    }),
  },
  READS,
)

export const guardDeleteShareGroupOffsets = eachOf(
  deleteShareGroupOffsets,
  'topics',
  'responses',
  {
    needs: [read, TOPIC],
    name: ({ topicName }) => topicName,
    refused: ({ topicName }) => ({ topicName, topicId: ZERO_UUID, errorCode: TOPIC_AUTHORIZATION_FAILED }),
  },
  { ...READS, needs: [remove, GROUP] },
)
