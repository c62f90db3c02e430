import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeTransactions,
  ErrorCode,
  endTxn,
  initProducerId,
  listTransactions,
  txnOffsetCommit,
  writeTxnMarkers,
} from '#libs/kafka-protocol'
import { AclOperation, AclResource } from '../acl.ts'
import { allOrNothing, apart, changed, defineGuard } from '../guard.ts'
import { commitDenied } from './offsets.ts'
import { mayTopic } from './topic-names.ts'

const { read, write, describe, alter, clusterAction, idempotentWrite } = AclOperation
const { topic: TOPIC, group: GROUP, transactionalId: TRANSACTION, cluster: CLUSTER } = AclResource
const { TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode

/** An idempotent producer needs to be able to write somewhere; a transactional one, its id. */
export const guardInitProducerId = defineGuard({
  api: initProducerId,
  requires: [
    [
      [write, TRANSACTION],
      [idempotentWrite, CLUSTER],
      [write, TOPIC],
    ],
  ],
  handle(request, access, next) {
    const { transactionalId } = request
    if (transactionalId !== null) {
      const isAllowed = access.may(write, TRANSACTION, transactionalId)
      return isAllowed ? next(request) : { errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerEpoch: -1 }
    }
    const isAllowed = access.couldAnywhere(write, TOPIC) || access.mayCluster(idempotentWrite)
    return isAllowed ? next(request) : { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, producerEpoch: -1 }
  },
})

/** All of the partitions or none of them. */
export const guardAddPartitionsToTxn = defineGuard({
  api: addPartitionsToTxn,
  requires: [
    [write, TRANSACTION],
    [write, TOPIC],
  ],
  handle(request, access, next) {
    const { transactionalId, topics } = request
    const resultsOf = (errorOf: (topic: string, partition: number) => ErrorCode) => ({
      results: topics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({
          ...{ partitionIndex, partitionErrorCode: errorOf(name, partitionIndex) },
        })),
      })),
    })
    if (!access.may(write, TRANSACTION, transactionalId)) return resultsOf(() => TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const denied = new Set(topics.filter((topic) => !mayTopic(access, write, topic)).map(({ name }) => name))
    if (denied.size === 0) return next(request)
    const { broker } = access.context
    return resultsOf((topic, partition) => {
      if (denied.has(topic)) return TOPIC_AUTHORIZATION_FAILED
      const isKnown = broker.topics.find(topic)?.logs[partition] !== undefined
      return isKnown ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    })
  },
})

export const guardAddOffsetsToTxn = defineGuard({
  api: addOffsetsToTxn,
  requires: [
    [write, TRANSACTION],
    [read, GROUP],
  ],
  handle(request, access, next) {
    if (!access.may(write, TRANSACTION, request.transactionalId)) {
      return { errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }
    }
    return access.may(read, GROUP, request.groupId) ? next(request) : { errorCode: GROUP_AUTHORIZATION_FAILED }
  },
})

export const guardEndTxn = allOrNothing(
  endTxn,
  [[write, TRANSACTION]],
  (access, { transactionalId }) => access.may(write, TRANSACTION, transactionalId),
  () => ({ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }),
)

const BY_ID_SINCE = 6

export const guardTxnOffsetCommit = defineGuard({
  api: txnOffsetCommit,
  requires: [
    [write, TRANSACTION],
    [read, GROUP],
    [read, TOPIC],
  ],
  handle(request, access, next) {
    const all = (errorCode: ErrorCode) => ({ topics: request.topics.map((topic) => commitDenied(topic, errorCode)) })
    if (!access.may(write, TRANSACTION, request.transactionalId)) return all(TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    if (!access.may(read, GROUP, request.groupId)) return all(GROUP_AUTHORIZATION_FAILED)
    return apart(
      request.topics,
      (topic) => mayTopic(access, read, topic, access.context.apiVersion >= BY_ID_SINCE),
      (topics) => next({ ...request, topics }),
      ({ topics }, denied) => ({
        topics: [...topics, ...denied.map((topic) => commitDenied(topic, TOPIC_AUTHORIZATION_FAILED))],
      }),
    )
  },
})

export const guardWriteTxnMarkers = allOrNothing(
  writeTxnMarkers,
  [
    [
      [alter, CLUSTER],
      [clusterAction, CLUSTER],
    ],
  ],
  (access) => access.couldCluster(alter) || access.mayCluster(clusterAction),
  ({ markers }) => ({
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          ...{ partitionIndex, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED },
        })),
      })),
    })),
  }),
)

/** Topics that may not be described are left out. */
export const guardDescribeTransactions = defineGuard({
  api: describeTransactions,
  requires: [
    [describe, TRANSACTION],
    [describe, TOPIC],
  ],
  handle: (request, access, next) => {
    const answer = apart(
      request.transactionalIds,
      (id) => access.may(describe, TRANSACTION, id),
      (transactionalIds) => next({ ...request, transactionalIds }),
      (some, denied) => ({ transactionStates: [...some.transactionStates, ...denied.map(transactionDenied)] }),
    )
    return changed(answer, ({ transactionStates }) => ({
      transactionStates: transactionStates.map((state) => ({
        ...state,
        topics: state.topics.filter(({ topic }) => access.could(describe, TOPIC, topic)),
      })),
    }))
  },
})

const transactionDenied = (transactionalId: string) => ({
  ...{ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, transactionalId, transactionState: '' },
  ...{ transactionTimeoutMs: 0, transactionStartTimeMs: 0, producerId: 0, producerEpoch: 0, topics: [] },
})

export const guardListTransactions = defineGuard({
  api: listTransactions,
  requires: [[describe, TRANSACTION]],
  handle: (request, access, next) =>
    changed(next(request), (all) => ({
      ...all,
      transactionStates: all.transactionStates.filter(({ transactionalId }) =>
        access.could(describe, TRANSACTION, transactionalId),
      ),
    })),
})
