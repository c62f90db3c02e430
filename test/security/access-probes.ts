import {
  alterClientQuotas,
  alterPartitionReassignments,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteTopics,
  describeAcls,
  describeClientQuotas,
  describeConfigs,
  describeGroups,
  describeTransactions,
  ErrorCode,
  fetch,
  findCoordinator,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  metadata,
  produce,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { type Operation, RESOURCES, type Resource } from '#libs/messaging'
import type { BrokerConnection } from '../../libs/messaging/producer/broker-connection.ts'
import { batch } from '../conformance/batch.ts'

/** Asks for one thing that needs one operation on one resource, and nothing else; answers the error code. */
type Probe = (connection: BrokerConnection, name: string) => Promise<number>

const setting = { topic: 2, group: 32 } as const
const described = async (connection: BrokerConnection, type: keyof typeof setting, resourceName: string) => {
  const resources = [{ resourceType: setting[type], resourceName, configurationKeys: null }]
  return (await connection.request(describeConfigs, 4, { resources })).results[0]!.errorCode
}
const altered = async (connection: BrokerConnection, type: keyof typeof setting, resourceName: string) => {
  const [name, value] = type === 'topic' ? ['retention.ms', '86400000'] : ['share.auto.offset.reset', 'earliest']
  const configs = [{ name, value, configOperation: 0 }]
  const resources = [{ resourceType: setting[type], resourceName, configs }]
  const answer = await connection.request(incrementalAlterConfigs, 1, { resources, validateOnly: true })
  return answer.responses[0]!.errorCode
}

const ANY = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null }

/** Of each kind of resource every operation that Kafka asks for; whatever is done changes nothing that another one needs. */
export const probes: Readonly<Record<Resource, Readonly<Partial<Record<Operation, Probe>>>>> = {
  topic: {
    read: async (connection, topic) => {
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
      const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 1, isolationLevel: 0 as const }
      const asked = { ...limits, topics: [{ topic, partitions }], forgottenTopicsData: [] }
      return (await connection.request(fetch, 11, asked)).responses[0]!.partitions[0]!.errorCode
    },
    write: async (connection, name) => {
      const topicData = [{ name, partitionData: [{ index: 0, records: [batch([{ key: 'k', value: 'v' }])] }] }]
      const answer = await connection.request(produce, 8, { acks: -1, timeoutMs: 10_000, topicData })
      return answer.responses[0]!.partitionResponses[0]!.errorCode
    },
    create: async (connection, name) => {
      const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
      return (await connection.request(createTopics, 5, { topics, timeoutMs: 10_000, validateOnly: true })).topics[0]!
        .errorCode
    },
    alter: async (connection, name) => {
      const topics = [{ name, count: 100, assignments: null }]
      return (await connection.request(createPartitions, 2, { topics, timeoutMs: 10_000, validateOnly: true }))
        .results[0]!.errorCode
    },
    delete: async (connection, name) =>
      (await connection.request(deleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })).responses[0]!.errorCode,
    describe: async (connection, name) => {
      const asked = { topics: [{ name, topicId: ZERO_UUID }], allowAutoTopicCreation: false }
      return (await connection.request(metadata, 10, asked)).topics[0]!.errorCode
    },
    describeConfigs: (connection, name) => described(connection, 'topic', name),
    alterConfigs: (connection, name) => altered(connection, 'topic', name),
  },
  group: {
    read: async (connection, groupId) =>
      (await connection.request(heartbeat, 3, { groupId, generationId: 1, memberId: 'nobody' })).errorCode,
    delete: async (connection, groupId) =>
      (await connection.request(deleteGroups, 2, { groupsNames: [groupId] })).results[0]!.errorCode,
    describe: async (connection, groupId) =>
      (await connection.request(describeGroups, 5, { groups: [groupId] })).groups[0]!.errorCode,
    describeConfigs: (connection, groupId) => described(connection, 'group', groupId),
    alterConfigs: (connection, groupId) => altered(connection, 'group', groupId),
  },
  transactionalId: {
    write: async (connection, transactionalId) =>
      (await connection.request(initProducerId, 1, { transactionalId, transactionTimeoutMs: 60_000 })).errorCode,
    describe: async (connection, id) =>
      (await connection.request(describeTransactions, 0, { transactionalIds: [id] })).transactionStates[0]!.errorCode,
  },
  cluster: {
    alter: async (connection) =>
      (await connection.request(alterPartitionReassignments, 0, { timeoutMs: 10_000, topics: [] })).errorCode,
    describe: async (connection) =>
      (await connection.request(describeAcls, 2, { ...ANY, hostFilter: null, operation: 1, permissionType: 1 }))
        .errorCode,
    // Where the state of share groups is, brokers ask among themselves, since version 6.
    clusterAction: async (connection) =>
      (await connection.request(findCoordinator, 6, { keyType: 2, coordinatorKeys: [`g:${ZERO_UUID}:0`] }))
        .coordinators[0]!.errorCode,
    describeConfigs: async (connection) =>
      (await connection.request(describeClientQuotas, 1, { components: [], strict: false })).errorCode,
    alterConfigs: async (connection) => {
      const entity = [{ entityType: 'user', entityName: 'somebody' }]
      const entries = [{ entity, ops: [{ key: 'producer_byte_rate', value: 1e9, remove: false }] }]
      return (await connection.request(alterClientQuotas, 1, { entries, validateOnly: true })).entries[0]!.errorCode
    },
  },
}

/** What Kafka says to whoever may not. */
export const refusalOf: Readonly<Record<Resource, number>> = {
  topic: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  group: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  transactionalId: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  cluster: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
}

export const kinds = Object.keys(RESOURCES) as Resource[]
