import {
  deleteRecords,
  describeProducers,
  ErrorCode,
  fetch,
  listOffsets,
  offsetForLeaderEpoch,
  produce,
  type RequestOf,
} from '#libs/kafka-protocol'
import { CLOSE } from '../../../handler.ts'
import { AclOperation, AclResource } from '../acl.ts'
import { apart, defineGuard, eachOf, open } from '../guard.ts'
import { mayTopic } from './topic-names.ts'

const { read, write, describe, delete: remove, clusterAction } = AclOperation
const { topic: TOPIC, transactionalId: TRANSACTION } = AclResource
const { TOPIC_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode
const TOPIC_IDS_SINCE = 13

export const guardProduce = defineGuard({
  api: produce,
  requires: [
    [write, TOPIC],
    [write, TRANSACTION],
  ],
  handle(request, access, next) {
    const { transactionalId, acks, topicData } = request
    const byId = access.context.apiVersion >= TOPIC_IDS_SINCE
    if (transactionalId !== null && !access.may(write, TRANSACTION, transactionalId)) {
      if (acks === 0) return CLOSE
      return { responses: topicData.map((topic) => produceDenied(topic, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)) }
    }
    const isAllowed = (topic: ProducedTopic) => mayTopic(access, write, topic, byId)
    if (acks === 0) return topicData.every(isAllowed) ? next(request) : CLOSE
    return apart(
      topicData,
      isAllowed,
      (allowed) => next({ ...request, topicData: allowed }),
      ({ responses }, denied) => ({
        responses: [...responses, ...denied.map((topic) => produceDenied(topic, TOPIC_AUTHORIZATION_FAILED))],
      }),
    )
  },
})

type ProducedTopic = RequestOf<typeof produce>['topicData'][number]

const produceDenied = ({ name, topicId, partitionData }: ProducedTopic, errorCode: ErrorCode) => ({
  ...{ name, topicId },
  partitionResponses: partitionData.map(({ index }) => ({ ...{ index, errorCode, baseOffset: -1 }, recordErrors: [] })),
})

/** What a client may read is asked of each partition of its session, in the handler: a request names only what changed. */
export const guardFetch = { ...open(fetch), requires: [[read, TOPIC] as const] }

export const guardListOffsets = eachOf(listOffsets, 'topics', 'topics', {
  needs: [describe, TOPIC],
  name: ({ name }) => name,
  refused: ({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED })),
  }),
})

/** Brokers may ask for anything. */
export const guardOffsetForLeaderEpoch = eachOf(offsetForLeaderEpoch, 'topics', 'topics', {
  needs: [describe, TOPIC],
  unlessCluster: clusterAction,
  name: ({ topic }) => topic,
  refused: ({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => ({ partition, errorCode: TOPIC_AUTHORIZATION_FAILED })),
  }),
})

export const guardDeleteRecords = eachOf(deleteRecords, 'topics', 'topics', {
  needs: [remove, TOPIC],
  name: ({ name }) => name,
  refused: ({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      ...{ partitionIndex, lowWatermark: -1, errorCode: TOPIC_AUTHORIZATION_FAILED },
    })),
  }),
})

export const guardDescribeProducers = eachOf(describeProducers, 'topics', 'topics', {
  needs: [read, TOPIC],
  name: ({ name }) => name,
  refused: ({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      ...{ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED, activeProducers: [] },
    })),
  }),
})
