import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopicPartitions,
  ErrorCode,
  metadata,
  type RequestOf,
  type ResponseOf,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { TOPIC_OPERATIONS } from '../../../metadata/authorized-operations.ts'
import type { Access } from '../access.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { apart, changed, defineGuard, eachOf, telling } from '../guard.ts'
import { mayTopic, nameOf } from './topic-names.ts'

const { create, alter, describe, delete: remove, describeConfigs } = AclOperation
const { topic: TOPIC, cluster: CLUSTER } = AclResource
const { TOPIC_AUTHORIZATION_FAILED } = ErrorCode

const mayDescribe = (access: Access, name: string): boolean => access.could(describe, TOPIC, name)

/** With what the client may do to each topic in place of what can be done to any, where it has asked. */
const withOperations = <
  T extends { readonly name?: string | null | undefined; readonly topicAuthorizedOperations?: number | undefined },
>(
  access: Access,
  topic: T,
): T =>
  topic.topicAuthorizedOperations === TOPIC_OPERATIONS && topic.name != null
    ? { ...topic, topicAuthorizedOperations: access.operations(TOPIC_OPERATIONS, TOPIC, topic.name) }
    : topic

/** Creating a topic by the way needs the same as creating it. */
export const guardCreateTopics = telling(
  eachOf(createTopics, 'topics', 'topics', {
    needs: [create, TOPIC],
    unlessCluster: create,
    name: ({ name }) => name,
    refused: ({ name }) => ({
      ...{ name, topicId: ZERO_UUID, errorCode: TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Authorization failed.' },
      configs: [],
    }),
  }),
  (made, access) => ({
    ...made,
    topics: made.topics.map((topic) =>
      topic.errorCode === ErrorCode.NONE && !access.could(describeConfigs, TOPIC, topic.name)
        ? { ...topic, ...HIDDEN_CONFIGS }
        : topic,
    ),
  }),
)

/** The topic is made, but what it is like is nobody's business. */
const HIDDEN_CONFIGS = {
  ...{ topicConfigErrorCode: TOPIC_AUTHORIZATION_FAILED, numPartitions: -1, replicationFactor: -1, configs: [] },
}

type Deleted = RequestOf<typeof deleteTopics>['topics'][number]

/** Who may not describe a topic is not told the name that belongs to an id. */
export const guardDeleteTopics = defineGuard({
  api: deleteTopics,
  requires: [
    [
      [remove, TOPIC],
      [remove, CLUSTER],
    ],
  ],
  handle(request, access, next) {
    if (access.couldCluster(remove)) return next(request)
    if (access.context.apiVersion < 6) {
      return apart(
        request.topicNames,
        (name) => mayTopic(access, remove, { name }),
        (topicNames) => next({ ...request, topicNames }),
        ({ responses }, denied) => ({
          responses: [...responses, ...denied.map((name) => deletionDenied(access, { name, topicId: ZERO_UUID }))],
        }),
      )
    }
    return apart(
      request.topics,
      (topic) => mayTopic(access, remove, topic, topic.name === null),
      (topics) => next({ ...request, topics }),
      ({ responses }, denied) => ({
        responses: [...responses, ...denied.map((topic) => deletionDenied(access, topic))],
      }),
    )
  },
})

function deletionDenied(access: Access, topic: Deleted) {
  const { topicId } = topic
  const name = nameOf(access, topic, topic.name === null) ?? null
  const isKnown = name !== null && mayDescribe(access, name)
  // By name: whether there is such a topic is told only to those who may describe it.
  const isMissing = topic.name !== null && isKnown && access.context.broker.readable.find(topic.name) === undefined
  const errorCode = isMissing ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : TOPIC_AUTHORIZATION_FAILED
  return { name: topic.name ?? (isKnown ? name : null), topicId, errorCode }
}

export const guardCreatePartitions = eachOf(createPartitions, 'topics', 'results', {
  needs: [alter, TOPIC],
  name: ({ name }) => name,
  refused: ({ name }) => ({ name, errorCode: TOPIC_AUTHORIZATION_FAILED }),
})

export const guardMetadata = defineGuard({
  api: metadata,
  // To create it by the way, as well.
  requires: [
    [describe, TOPIC],
    [
      [create, CLUSTER],
      [create, TOPIC],
    ],
  ],
  handle(request, access, next) {
    const { broker, apiVersion } = access.context
    const { topics } = request
    const wantsAll = topics === null || (apiVersion === 0 && topics.length === 0)
    const answer = wantsAll
      ? changed(next(request), (all) => ({
          ...all,
          topics: all.topics.filter(({ name }) => mayDescribe(access, name!)),
        }))
      : apart(
          topics,
          ({ name, topicId }) => {
            const wanted = nameOf(access, { name, topicId }, name === null)
            if (wanted === undefined) return true
            if (!access.may(describe, TOPIC, wanted)) return false
            const wouldCreate =
              name !== null &&
              (apiVersion < 4 || request.allowAutoTopicCreation) &&
              broker.settings['auto.create.topics.enable'] &&
              broker.readable.find(name) === undefined
            return !wouldCreate || access.couldCluster(create) || access.may(create, TOPIC, name)
          },
          // To a client of version 0, no topics are all of them.
          (allowed) =>
            changed(next({ ...request, topics: allowed }), (some) => (allowed.length > 0 ? some : none(some))),
          (some, denied) => ({ ...some, topics: [...some.topics, ...denied.map(metadataDenied)] }),
        )
    return changed(answer, (told) => withAllOperations(access, request, told))
  },
})

const none = (answer: ResponseOf<typeof metadata>) => ({ ...answer, topics: [] })

/** By its id, the name is not told; by its name, the id is not. */
const metadataDenied = ({ name, topicId }: { readonly name: string | null; readonly topicId: string }) => ({
  ...{ errorCode: TOPIC_AUTHORIZATION_FAILED, name, topicId: name === null ? topicId : ZERO_UUID, partitions: [] },
})

function withAllOperations(
  access: Access,
  request: RequestOf<typeof metadata>,
  answer: ResponseOf<typeof metadata>,
): ResponseOf<typeof metadata> {
  const topics = answer.topics.map((topic) => withOperations(access, topic))
  if (!request.includeClusterAuthorizedOperations) return { ...answer, topics }
  const clusterAuthorizedOperations = clusterOperations(access, answer.clusterAuthorizedOperations!)
  return { ...answer, topics, clusterAuthorizedOperations }
}

/** Of these, what the client may do to the cluster; nothing, if it may not even describe it. */
export const clusterOperations = (access: Access, candidates: number): number =>
  access.mayCluster(describe) ? access.operations(candidates, CLUSTER, 'kafka-cluster') : 0

export const guardDescribeTopicPartitions = defineGuard({
  api: describeTopicPartitions,
  requires: [[describe, TOPIC]],
  handle(request, access, next) {
    const { readable } = access.context.broker
    const wantsAll = request.topics.length === 0
    // Pages are made of what may be seen, so that they tell nothing of the rest.
    const wanted = wantsAll ? Array.from(readable.all(), ({ name }) => ({ name })) : request.topics
    const isAllowed = ({ name }: { readonly name: string }) =>
      wantsAll ? mayDescribe(access, name) : access.may(describe, TOPIC, name)
    const answer = apart(
      wanted,
      isAllowed,
      (topics) => (topics.length === 0 ? { topics: [] } : next({ ...request, topics })),
      (some, denied) => (wantsAll ? some : { ...some, topics: [...some.topics, ...denied.map(partitionsDenied)] }),
    )
    return changed(answer, (told) => ({ ...told, topics: told.topics.map((topic) => withOperations(access, topic)) }))
  },
})

const partitionsDenied = ({ name }: { readonly name: string }) => ({
  ...{ errorCode: TOPIC_AUTHORIZATION_FAILED, name, topicId: ZERO_UUID, partitions: [] },
})
