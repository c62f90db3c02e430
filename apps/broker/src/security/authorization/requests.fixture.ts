import * as kafka from '#libs/kafka-protocol'
import { AclOperation, AclResource } from './acl.ts'
import type { Requirement } from './guard.ts'

const { topic: TOPIC, group: GROUP, cluster: CLUSTER, transactionalId: TRANSACTION } = AclResource
const { read, write, create, delete: remove, alter, describe, clusterAction } = AclOperation
const { describeConfigs, alterConfigs, idempotentWrite } = AclOperation

/** A request about the topic `t`, the group `g` or the transactional id `x`, and what must be allowed for it. */
export interface GuardedRequest {
  readonly api: kafka.Api<kafka.Fields, kafka.Fields>
  readonly version: number
  /** As a broker reads it. */
  readonly request: kafka.RequestOf<kafka.Api<kafka.Fields, kafka.Fields>>
  readonly needs: readonly Requirement[]
}

function asked<Q extends kafka.Fields, S extends kafka.Fields>(
  api: kafka.Api<Q, S>,
  version: number,
  needs: readonly Requirement[],
  body: kafka.Encodable<Q>,
): GuardedRequest {
  const writer = new kafka.Writer()
  api.writeRequest(writer, version, body)
  const request = api.readRequest(new kafka.Reader(Buffer.concat(writer.buffers())), version)
  return { api: api as never, version, request: request as never, needs }
}

const NOTHING = Buffer.alloc(0)
const MEMBER = { groupId: 'g', memberId: 'm' }
const PARTITIONS = { name: 't', partitions: [0] }
const TXN = { transactionalId: 'x', producerId: 1, producerEpoch: 0 }
const ACL = {
  resourceType: TOPIC,
  resourceName: 't',
  principal: 'User:a',
  host: '*',
  operation: read,
  permissionType: 3,
}
const ANY = { resourceNameFilter: null, principalFilter: null, hostFilter: null }
const FILTER = { ...ANY, resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
/** Types of settings' resources, and whose they are. */
const SETTINGS = [
  [2, 't', TOPIC],
  [4, '0', CLUSTER],
  [32, 'g', GROUP],
] as const
const COMMITTED = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' }

/** One at least for each API that refuses what is not allowed; of its newest version, where nothing else is said. */
export const guardedRequests: readonly GuardedRequest[] = [
  ...[3, 9].map((version) =>
    asked(
      kafka.produce,
      version,
      [
        [write, TOPIC],
        [write, TRANSACTION],
      ],
      {
        ...{ transactionalId: 'x', acks: -1, timeoutMs: 1000 },
        topicData: [{ name: 't', partitionData: [{ index: 0, records: [NOTHING] }] }],
      },
    ),
  ),
  ...[1, 10].map((version) =>
    asked(kafka.listOffsets, version, [[describe, TOPIC]], {
      ...{ replicaId: -1, isolationLevel: 0, timeoutMs: 0 },
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    }),
  ),
  ...[0, 1, 13].map((version) =>
    asked(kafka.metadata, version, [[describe, TOPIC]], { topics: [{ name: 't', topicId: kafka.ZERO_UUID }] }),
  ),
  asked(
    kafka.metadata,
    4,
    [
      [describe, TOPIC],
      [create, TOPIC],
    ],
    { topics: [{ name: 'new' }] },
  ),
  asked(
    kafka.metadata,
    4,
    [
      [describe, TOPIC],
      [create, CLUSTER],
    ],
    { topics: [{ name: 'new' }] },
  ),
  ...[2, 9].map((version) =>
    asked(
      kafka.offsetCommit,
      version,
      [
        [read, GROUP],
        [read, TOPIC],
      ],
      {
        ...MEMBER,
        topics: [{ name: 't', partitions: [COMMITTED] }],
      },
    ),
  ),
  ...[1, 7].map((version) =>
    asked(
      kafka.offsetFetch,
      version,
      [
        [describe, GROUP],
        [describe, TOPIC],
      ],
      {
        ...{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] },
      },
    ),
  ),
  ...[8, 9].map((version) =>
    asked(
      kafka.offsetFetch,
      version,
      [
        [describe, GROUP],
        [describe, TOPIC],
      ],
      {
        groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }],
      },
    ),
  ),
  ...[0, 3].map((version) => asked(kafka.findCoordinator, version, [[describe, GROUP]], { key: 'g' })),
  asked(kafka.findCoordinator, 4, [[describe, GROUP]], { keyType: 0, coordinatorKeys: ['g'] }),
  asked(kafka.findCoordinator, 4, [[describe, TRANSACTION]], { keyType: 1, coordinatorKeys: ['x'] }),
  asked(kafka.findCoordinator, 6, [[clusterAction, CLUSTER]], { keyType: 2, coordinatorKeys: ['g:id:0'] }),
  ...[2, 9].map((version) =>
    asked(kafka.joinGroup, version, [[read, GROUP]], {
      ...{ ...MEMBER, sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols: [] },
    }),
  ),
  ...[0, 4].map((version) => asked(kafka.heartbeat, version, [[read, GROUP]], { ...MEMBER, generationId: 1 })),
  ...[0, 5].map((version) =>
    asked(kafka.leaveGroup, version, [[read, GROUP]], { ...MEMBER, members: [{ memberId: 'm' }] }),
  ),
  ...[0, 5].map((version) =>
    asked(kafka.syncGroup, version, [[read, GROUP]], { ...MEMBER, generationId: 1, assignments: [] }),
  ),
  ...[0, 5].map((version) => asked(kafka.describeGroups, version, [[describe, GROUP]], { groups: ['g'] })),
  ...[[create, TOPIC] as const, [create, CLUSTER] as const].map((need) =>
    asked(kafka.createTopics, 7, [need], {
      topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    }),
  ),
  ...[[remove, TOPIC] as const, [remove, CLUSTER] as const].map((need) =>
    asked(kafka.deleteTopics, 6, [need], { topics: [{ name: 't', topicId: kafka.ZERO_UUID }], timeoutMs: 1000 }),
  ),
  asked(kafka.deleteTopics, 5, [[remove, TOPIC]], { topicNames: ['t'], timeoutMs: 1000 }),
  asked(kafka.deleteRecords, 2, [[remove, TOPIC]], {
    ...{ timeoutMs: 1000, topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 0 }] }] },
  }),
  asked(kafka.initProducerId, 5, [[write, TRANSACTION]], { transactionalId: 'x', transactionTimeoutMs: 1000 }),
  ...[[write, TOPIC] as const, [idempotentWrite, CLUSTER] as const].map((need) =>
    asked(kafka.initProducerId, 5, [need], { transactionalId: null, transactionTimeoutMs: 1000 }),
  ),
  ...[[describe, TOPIC] as const, [clusterAction, CLUSTER] as const].map((need) =>
    asked(kafka.offsetForLeaderEpoch, 4, [need], {
      topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    }),
  ),
  asked(
    kafka.addPartitionsToTxn,
    3,
    [
      [write, TRANSACTION],
      [write, TOPIC],
    ],
    { ...TXN, topics: [PARTITIONS] },
  ),
  asked(
    kafka.addOffsetsToTxn,
    4,
    [
      [write, TRANSACTION],
      [read, GROUP],
    ],
    { ...TXN, groupId: 'g' },
  ),
  asked(kafka.endTxn, 5, [[write, TRANSACTION]], { ...TXN, committed: true }),
  ...[[alter, CLUSTER] as const, [clusterAction, CLUSTER] as const].map((need) =>
    asked(kafka.writeTxnMarkers, 2, [need], {
      markers: [
        {
          ...{ producerId: 1, producerEpoch: 0, transactionResult: true, coordinatorEpoch: 0 },
          topics: [{ name: 't', partitionIndexes: [0] }],
        },
      ],
    }),
  ),
  asked(
    kafka.txnOffsetCommit,
    5,
    [
      [write, TRANSACTION],
      [read, GROUP],
      [read, TOPIC],
    ],
    {
      ...{ ...TXN, groupId: 'g', topics: [{ name: 't', partitions: [COMMITTED] }] },
    },
  ),
  asked(kafka.describeAcls, 3, [[describe, CLUSTER]], FILTER),
  asked(kafka.createAcls, 3, [[alter, CLUSTER]], { creations: [ACL] }),
  asked(kafka.deleteAcls, 3, [[alter, CLUSTER]], { filters: [FILTER] }),
  ...SETTINGS.map(([type, resourceName, owner]) =>
    asked(kafka.describeConfigs, 4, [[describeConfigs, owner]], {
      resources: [{ resourceType: type, resourceName, configurationKeys: null }],
    }),
  ),
  ...SETTINGS.map(([type, resourceName, owner]) =>
    asked(kafka.alterConfigs, 2, [[alterConfigs, owner]], {
      ...{ validateOnly: false, resources: [{ resourceType: type, resourceName, configs: [] }] },
    }),
  ),
  ...SETTINGS.map(([type, resourceName, owner]) =>
    asked(kafka.incrementalAlterConfigs, 1, [[alterConfigs, owner]], {
      ...{ validateOnly: false, resources: [{ resourceType: type, resourceName, configs: [] }] },
    }),
  ),
  asked(kafka.alterReplicaLogDirs, 2, [[alter, CLUSTER]], { dirs: [{ path: '/d', topics: [PARTITIONS] }] }),
  asked(kafka.describeLogDirs, 4, [[describe, CLUSTER]], { topics: null }),
  asked(kafka.createPartitions, 3, [[alter, TOPIC]], {
    ...{ topics: [{ name: 't', count: 2, assignments: null }], timeoutMs: 1000, validateOnly: false },
  }),
  asked(kafka.deleteGroups, 2, [[remove, GROUP]], { groupsNames: ['g'] }),
  asked(kafka.electLeaders, 2, [[alter, CLUSTER]], { topicPartitions: null }),
  asked(kafka.alterPartitionReassignments, 1, [[alter, CLUSTER]], { topics: [] }),
  asked(kafka.listPartitionReassignments, 0, [[describe, CLUSTER]], { topics: null }),
  asked(
    kafka.offsetDelete,
    0,
    [
      [remove, GROUP],
      [read, TOPIC],
    ],
    {
      ...{ groupId: 'g', topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }] },
    },
  ),
  asked(kafka.describeClientQuotas, 1, [[describeConfigs, CLUSTER]], { components: [], strict: false }),
  asked(kafka.alterClientQuotas, 1, [[alterConfigs, CLUSTER]], {
    entries: [{ entity: [{ entityType: 'user', entityName: 'a' }], ops: [] }],
    validateOnly: false,
  }),
  asked(kafka.describeUserScramCredentials, 0, [[describe, CLUSTER]], { users: null }),
  asked(kafka.alterUserScramCredentials, 0, [[alter, CLUSTER]], {
    ...{ deletions: [{ name: 'a', mechanism: 1 }], upsertions: [] },
  }),
  asked(kafka.describeQuorum, 2, [[describe, CLUSTER]], { topics: [] }),
  asked(kafka.updateFeatures, 2, [[alter, CLUSTER]], { featureUpdates: [] }),
  asked(kafka.describeProducers, 0, [[read, TOPIC]], { topics: [{ name: 't', partitionIndexes: [0] }] }),
  asked(kafka.describeTransactions, 0, [[describe, TRANSACTION]], { transactionalIds: ['x'] }),
  asked(
    kafka.consumerGroupHeartbeat,
    1,
    [
      [read, GROUP],
      [describe, TOPIC],
    ],
    {
      ...{ ...MEMBER, memberEpoch: 0, subscribedTopicNames: ['t'] },
    },
  ),
  asked(kafka.consumerGroupHeartbeat, 1, [[read, GROUP]], {
    ...{ ...MEMBER, memberEpoch: 0, subscribedTopicRegex: 't.*' },
  }),
  asked(kafka.consumerGroupDescribe, 1, [[describe, GROUP]], { groupIds: ['g'] }),
  asked(kafka.listConfigResources, 1, [[describeConfigs, CLUSTER]], { resourceTypes: [] }),
  asked(kafka.describeTopicPartitions, 0, [[describe, TOPIC]], { topics: [{ name: 't' }] }),
  asked(
    kafka.shareGroupHeartbeat,
    1,
    [
      [read, GROUP],
      [describe, TOPIC],
    ],
    {
      ...{ ...MEMBER, memberEpoch: 0, subscribedTopicNames: ['t'] },
    },
  ),
  asked(kafka.shareGroupDescribe, 1, [[describe, GROUP]], { groupIds: ['g'] }),
  asked(kafka.shareFetch, 2, [[read, GROUP]], {
    ...{ ...MEMBER, shareSessionEpoch: 0, maxWaitMs: 0, minBytes: 0, maxBytes: 1, maxRecords: 1, batchSize: 1 },
    ...{ topics: [], forgottenTopicsData: [] },
  }),
  asked(kafka.shareAcknowledge, 2, [[read, GROUP]], { ...MEMBER, shareSessionEpoch: 1, topics: [] }),
  asked(
    kafka.describeShareGroupOffsets,
    1,
    [
      [describe, GROUP],
      [describe, TOPIC],
    ],
    {
      groups: [{ groupId: 'g', topics: [{ topicName: 't', partitions: [0] }] }],
    },
  ),
  asked(
    kafka.alterShareGroupOffsets,
    0,
    [
      [read, GROUP],
      [read, TOPIC],
    ],
    {
      ...{ groupId: 'g', topics: [{ topicName: 't', partitions: [{ partitionIndex: 0, startOffset: 0 }] }] },
    },
  ),
  asked(
    kafka.deleteShareGroupOffsets,
    0,
    [
      [remove, GROUP],
      [read, TOPIC],
    ],
    {
      ...{ groupId: 'g', topics: [{ topicName: 't' }] },
    },
  ),
]
