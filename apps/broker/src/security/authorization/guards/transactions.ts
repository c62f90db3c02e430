import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeTransactions,
  ErrorCode,
  endTxn,
  initProducerId,
  listTransactions,
  type RequestOf,
  txnOffsetCommit,
  writeTxnMarkers,
} from '#libs/kafka-protocol'
import { AclOperation, AclResource } from '../acl.ts'
import { changed, defineGuard, eachOf, telling, wholly } from '../guard.ts'
import { commitDenied } from './offsets.ts'
import { mayTopic, nameOf } from './topic-names.ts'

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

/** A transaction is written to by its id. */
const WRITES = {
  needs: [write, TRANSACTION] as const,
  name: (of: { readonly transactionalId: string }) => of.transactionalId,
}
/** Offsets in it are those of a group that is read in. */
const READS = { needs: [read, GROUP] as const, name: (of: { readonly groupId: string }) => of.groupId }

export const guardAddOffsetsToTxn = wholly(
  addOffsetsToTxn,
  { ...WRITES, refused: () => ({ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }) },
  { ...READS, refused: () => ({ errorCode: GROUP_AUTHORIZATION_FAILED }) },
)

export const guardEndTxn = wholly(endTxn, {
  ...WRITES,
  refused: () => ({ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }),
})

const BY_ID_SINCE = 6

type OffsetsOfTxn = RequestOf<typeof txnOffsetCommit>
const allRefused =
  (errorCode: ErrorCode) =>
  ({ topics }: OffsetsOfTxn) => ({
    topics: topics.map((topic) => commitDenied(topic, errorCode)),
  })

export const guardTxnOffsetCommit = eachOf(
  txnOffsetCommit,
  'topics',
  'topics',
  {
    needs: [read, TOPIC],
    name: (topic, access) => nameOf(access, topic, access.context.apiVersion >= BY_ID_SINCE),
    refused: (topic) => commitDenied(topic, TOPIC_AUTHORIZATION_FAILED),
  },
  { ...WRITES, refused: allRefused(TRANSACTIONAL_ID_AUTHORIZATION_FAILED) },
  { ...READS, refused: allRefused(GROUP_AUTHORIZATION_FAILED) },
)

/** Brokers write them, and whoever ends a transaction that hangs. */
export const guardWriteTxnMarkers = defineGuard({
  api: writeTxnMarkers,
  requires: [
    [
      [alter, CLUSTER],
      [clusterAction, CLUSTER],
    ],
  ],
  handle: (request, access, next) =>
    access.couldCluster(alter) || access.mayCluster(clusterAction)
      ? next(request)
      : { markers: request.markers.map(markersDenied) },
})

type Markers = RequestOf<typeof writeTxnMarkers>['markers'][number]
const markersDenied = ({ producerId, topics }: Markers) => ({
  producerId,
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      ...{ partitionIndex, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED },
    })),
  })),
})

/** Topics that may not be described are left out. */
export const guardDescribeTransactions = telling(
  eachOf(describeTransactions, 'transactionalIds', 'transactionStates', {
    needs: [describe, TRANSACTION],
    name: (transactionalId) => transactionalId,
    refused: (transactionalId) => ({
      ...{ errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, transactionalId, transactionState: '' },
      ...{ transactionTimeoutMs: 0, transactionStartTimeMs: 0, producerId: 0, producerEpoch: 0, topics: [] },
    }),
  }),
  ({ transactionStates, ...rest }, access) => ({
    ...rest,
    transactionStates: transactionStates.map((state) => ({
      ...state,
      topics: state.topics.filter(({ topic }) => access.could(describe, TOPIC, topic)),
    })),
  }),
  [describe, TOPIC],
)

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
