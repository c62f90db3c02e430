import {
  ErrorCode,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  type RequestOf,
  type ResponseOf,
} from '#libs/kafka-protocol'
import type { Access } from '../access.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { type Answered, apart, changed, defineGuard, eachOf, telling } from '../guard.ts'
import { mayTopic, type NamedTopic, nameOf } from './topic-names.ts'

const { read, describe, delete: remove } = AclOperation
const { topic: TOPIC, group: GROUP } = AclResource
const { TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED } = ErrorCode

interface CommittedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

/** The same error for each of its partitions. */
export const commitDenied = ({ name, topicId, partitions }: CommittedTopic, errorCode: ErrorCode) => ({
  ...{ name, topicId },
  partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
})

const COMMIT_BY_ID_SINCE = 10

export const guardOffsetCommit = eachOf(
  offsetCommit,
  'topics',
  'topics',
  {
    needs: [read, TOPIC],
    name: (topic, access) => nameOf(access, topic, access.context.apiVersion >= COMMIT_BY_ID_SINCE),
    refused: (topic) => commitDenied(topic, TOPIC_AUTHORIZATION_FAILED),
  },
  {
    needs: [read, GROUP],
    name: ({ groupId }) => groupId,
    refused: ({ topics }) => ({ topics: topics.map((topic) => commitDenied(topic, GROUP_AUTHORIZATION_FAILED)) }),
  },
)

/** Where the group cannot be changed at all, nothing is said of topics. */
export const guardOffsetDelete = telling(
  eachOf(
    offsetDelete,
    'topics',
    'topics',
    {
      needs: [read, TOPIC],
      name: ({ name }) => name,
      refused: ({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED })),
      }),
    },
    {
      needs: [remove, GROUP],
      name: ({ groupId }) => groupId,
      refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED, topics: [] }),
    },
  ),
  (answer) => (answer.errorCode === ErrorCode.NONE ? answer : { ...answer, topics: [] }),
)

const SEVERAL_GROUPS_SINCE = 8
const FETCH_BY_ID_SINCE = 10

type FetchRequest = RequestOf<typeof offsetFetch>
type WantedGroup = FetchRequest['groups'][number]
type FetchResponse = ResponseOf<typeof offsetFetch>
type GroupAnswer = NonNullable<FetchResponse['groups']>[number]

/** A group at a time, whatever the version: what is wanted of one may be denied while the others are answered. */
export const guardOffsetFetch = defineGuard({
  api: offsetFetch,
  requires: [
    [describe, GROUP],
    [describe, TOPIC],
  ],
  handle(request, access, next) {
    if (access.context.apiVersion < SEVERAL_GROUPS_SINCE) return fetchOfOne(request, access, next)
    return apart(
      request.groups,
      ({ groupId }) => access.may(describe, GROUP, groupId),
      (groups) => fetchOfMany({ ...request, groups }, access, next),
      (answer, denied) => ({
        groups: [
          ...answer.groups!,
          ...denied.map(({ groupId }) => ({ groupId, topics: [], errorCode: GROUP_AUTHORIZATION_FAILED })),
        ],
      }),
    )
  },
})

type Next = (request: FetchRequest) => Answered<FetchResponse>

const offsetDenied = (partitionIndex: number) => ({
  ...{ partitionIndex, committedOffset: -1, metadata: '', errorCode: TOPIC_AUTHORIZATION_FAILED },
})

function fetchOfOne(request: FetchRequest, access: Access, next: Next): Answered<FetchResponse> {
  const { groupId, topics } = request
  if (!access.may(describe, GROUP, groupId)) {
    const denied = (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => ({ ...offsetDenied(index), errorCode: GROUP_AUTHORIZATION_FAILED })),
    }))
    return { topics: denied, errorCode: GROUP_AUTHORIZATION_FAILED }
  }
  if (topics === null) {
    return changed(next(request), (all) => ({
      ...all,
      topics: all.topics!.filter(({ name }) => access.could(describe, TOPIC, name!)),
    }))
  }
  return apart(
    topics,
    (topic) => mayTopic(access, describe, topic),
    (allowed) => next({ ...request, topics: allowed }),
    (answer, denied) => ({
      ...answer,
      topics: [
        ...answer.topics!,
        ...denied.map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map(offsetDenied) })),
      ],
    }),
  )
}

function fetchOfMany(request: FetchRequest, access: Access, next: Next): Answered<FetchResponse> {
  const byId = access.context.apiVersion >= FETCH_BY_ID_SINCE
  const isAllowed = (topic: NamedTopic) => mayTopic(access, describe, topic, byId)
  const groups = request.groups.map((group) => ({ ...group, topics: group.topics?.filter(isAllowed) ?? null }))
  return changed(next({ ...request, groups }), (answer) => ({
    groups: answer.groups!.map((told, i) => withDenied(told, request.groups[i]!, access, isAllowed, byId)),
  }))
}

function withDenied(
  told: GroupAnswer,
  { topics: wanted }: WantedGroup,
  access: Access,
  isAllowed: (topic: NamedTopic) => boolean,
  byId: boolean,
): GroupAnswer {
  if (wanted === null) {
    const isShown = (topic: NamedTopic) => access.could(describe, TOPIC, nameOf(access, topic, byId) ?? '')
    return { ...told, topics: told.topics.filter(isShown) }
  }
  if (told.errorCode !== ErrorCode.NONE) return told
  const denied = wanted.filter((topic) => !isAllowed(topic))
  return {
    ...told,
    topics: [
      ...told.topics,
      ...denied.map(({ partitionIndexes, ...name }) => ({ ...name, partitions: partitionIndexes.map(offsetDenied) })),
    ],
  }
}
