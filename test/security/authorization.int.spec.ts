import { randomBytes, randomUUID } from 'node:crypto'
import { type Admin, CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addPartitionsToTxn,
  alterUserScramCredentials,
  consumerGroupHeartbeat,
  createAcls,
  createTopics,
  deleteAcls,
  deleteTopics,
  describeAcls,
  describeConfigs,
  ErrorCode,
  fetch,
  findCoordinator,
  initProducerId,
  joinGroup,
  listGroups,
  metadata,
  offsetCommit,
  produce,
  saslAuthenticate,
  saslHandshake,
  shareFetch,
  shareGroupHeartbeat,
  ZERO_UUID,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { batch } from '../conformance/batch.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { until } from '../support/until.ts'

const { TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED } = ErrorCode
const { CLUSTER_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode

/** Numbers of the protocol, as kafka-acls would say them. */
const Type = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
const Pattern = { literal: 3, prefixed: 4 } as const
const Operation = { read: 3, write: 4, alter: 7, describe: 8 } as const
const Permission = { deny: 2, allow: 3 } as const

/** `alice` may do what an application needs, `keeper` what an administrator does, `mallory` nothing. */
const USERS = ['admin', 'alice', 'keeper', 'mallory'] as const
type User = (typeof USERS)[number]
const secretOf = (user: User): string => `${user} secret`

let broker: BrokerProcess
let port: number
let openPort: number
let admin: Admin
let idOf: Readonly<Record<string, string>>

const kafkaOf = (user: User): Kafka =>
  new Kafka({
    brokers: [`127.0.0.1:${port}`],
    sasl: { mechanism: 'plain', username: user, password: secretOf(user) },
    ...{ retry: { retries: 2 }, requestTimeout: 10_000, logLevel: logLevel.NOTHING },
  })

async function clientOf(user: User): Promise<ProtocolClient> {
  const client = await ProtocolClient.connect(`127.0.0.1:${port}`)
  await client.send(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorCode } = await client.send(saslAuthenticate, 1, {
    authBytes: Buffer.from(`\0${user}\0${secretOf(user)}`),
  })
  expect(errorCode).toBe(0)
  return client
}

async function as<T>(user: User, ask: (client: ProtocolClient) => Promise<T>): Promise<T> {
  const client = await clientOf(user)
  try {
    return await ask(client)
  } finally {
    client.close()
  }
}

type Rule = [resourceType: number, resourceName: string, operation: number, resourcePatternType?: number]
const rule = (user: User, [resourceType, resourceName, operation, resourcePatternType = Pattern.literal]: Rule) => ({
  ...{ resourceType, resourceName, resourcePatternType, operation },
  ...{ principal: `User:${user}`, host: '*', permissionType: Permission.allow as number },
})

const ALICE: readonly Rule[] = [
  [Type.topic, 'orders-', Operation.read, Pattern.prefixed],
  [Type.topic, 'orders-', Operation.write, Pattern.prefixed],
  [Type.group, 'orders-app', Operation.read],
  [Type.transactionalId, 'orders-tx', Operation.write],
]

beforeAll(async () => {
  ;[port, openPort] = (await freePorts(2)) as [number, number]
  const users = USERS.map((user) => `user_${user}="${secretOf(user)}"`).join(' ')
  broker = await startBroker({
    settings: {
      listeners: `SASL_PLAINTEXT://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${openPort}`,
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
    },
  })
  admin = kafkaOf('admin').admin()
  await admin.connect()
  const topics = ['orders-eu', 'orders-us', 'secret'].map((topic) => ({ topic, numPartitions: 1 }))
  await admin.createTopics({ topics })
  const acl = [
    ...ALICE.map((one) => rule('alice', one)),
    rule('keeper', [Type.cluster, 'kafka-cluster', Operation.alter]),
  ]
  await admin.createAcls({ acl })
  const told = await as('admin', (client) => client.send(metadata, 12, { topics: null }))
  idOf = Object.fromEntries(told.topics.map(({ name, topicId }) => [name!, topicId]))
})
afterAll(async () => {
  await admin?.disconnect()
  await broker?.close()
})

const recordsTo = (name: string) => ({
  ...{ transactionalId: null, acks: -1, timeoutMs: 1000 },
  topicData: [{ name, partitionData: [{ index: 0, records: [batch(['x'])] }] }],
})
const producedTo = async (client: ProtocolClient, name: string): Promise<number> =>
  (await client.send(produce, 9, recordsTo(name))).responses[0]!.partitionResponses[0]!.errorCode

describe('an application that has the minimum', () => {
  test('writes, in transactions too, reads in its group, and commits', async () => {
    const kafka = kafkaOf('alice')
    const producer = kafka.producer({ idempotent: true, transactionalId: 'orders-tx', maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders-eu', messages: [{ value: 'first' }], compression: CompressionTypes.None })
    await transaction.commit()
    await producer.disconnect()
    const idempotent = kafka.producer({ idempotent: true })
    await idempotent.connect()
    await idempotent.send({ topic: 'orders-us', messages: [{ value: 'second' }] })
    await idempotent.disconnect()

    const consumer = kafka.consumer({ groupId: 'orders-app' })
    await consumer.connect()
    await consumer.subscribe({ topics: ['orders-eu', 'orders-us'], fromBeginning: true })
    const read: string[] = []
    await consumer.run({
      eachMessage: async ({ message }) => {
        read.push(message.value!.toString())
      },
    })
    await until('both records', async () => (read.length >= 2 ? true : undefined))
    await consumer.disconnect()
    expect(read.sort()).toEqual(['first', 'second'])
    const committed = await admin.fetchOffsets({ groupId: 'orders-app', topics: ['orders-us'] })
    expect(committed[0]!.partitions[0]!.offset).toBe('1')
  })

  test('is refused everything else', async () => {
    await as('alice', async (client) => {
      expect(await producedTo(client, 'secret')).toBe(TOPIC_AUTHORIZATION_FAILED)
      expect(await producedTo(client, 'orders-eu')).toBe(0)
      const coordinator = await client.send(findCoordinator, 4, {
        keyType: 0,
        coordinatorKeys: ['other', 'orders-app'],
      })
      const found = Object.fromEntries(coordinator.coordinators!.map(({ key, errorCode }) => [key, errorCode]))
      expect(found).toEqual({ other: GROUP_AUTHORIZATION_FAILED, 'orders-app': 0 })
      const joining = { groupId: 'other', sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' }
      expect(await client.send(joinGroup, 5, { ...joining, protocols: [] })).toMatchObject({
        errorCode: GROUP_AUTHORIZATION_FAILED,
      })
      const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }]
      const committing = { groupId: 'orders-app', memberId: '', topics: [{ name: 'secret', partitions }] }
      expect((await client.send(offsetCommit, 8, committing)).topics[0]!.partitions[0]!.errorCode).toBe(
        TOPIC_AUTHORIZATION_FAILED,
      )
      const others = { transactionalId: 'others-tx', transactionTimeoutMs: 1000 }
      expect((await client.send(initProducerId, 4, others)).errorCode).toBe(TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
      const mine = await client.send(initProducerId, 4, { ...others, transactionalId: 'orders-tx' })
      const { errorCode, producerId, producerEpoch } = mine
      expect(errorCode).toBe(0)
      const topics = ['secret', 'orders-eu'].map((name) => ({ name, partitions: [0] }))
      const added = await client.send(addPartitionsToTxn, 3, {
        ...{ transactionalId: 'orders-tx', producerId, producerEpoch, topics },
      })
      expect(added.results.map((one) => one.resultsByPartition[0]!.partitionErrorCode)).toEqual([
        ...[TOPIC_AUTHORIZATION_FAILED, ErrorCode.OPERATION_NOT_ATTEMPTED],
      ])
      const created = { name: 'orders-new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
      expect((await client.send(createTopics, 7, { topics: [created] })).topics[0]!.errorCode).toBe(
        TOPIC_AUTHORIZATION_FAILED,
      )
      const doomed = { topics: [{ name: 'orders-eu', topicId: ZERO_UUID }], timeoutMs: 1000 }
      expect((await client.send(deleteTopics, 6, doomed)).responses[0]!.errorCode).toBe(TOPIC_AUTHORIZATION_FAILED)
      const resources = [
        { resourceType: 2, resourceName: 'orders-eu', configurationKeys: null },
        { resourceType: 4, resourceName: '0', configurationKeys: null },
      ]
      const configs = await client.send(describeConfigs, 4, { resources })
      expect(configs.results.map(({ errorCode }) => errorCode)).toEqual([
        ...[TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED],
      ])
    })
  })

  test('with kafkajs is told so in its words', async () => {
    const producer = kafkaOf('alice').producer()
    await producer.connect()
    const sending = producer.send({ topic: 'secret', messages: [{ value: 'x' }] })
    await expect(sending).rejects.toThrow('Not authorized to access topics')
    await producer.disconnect()
    const consumer = kafkaOf('alice').consumer({ groupId: 'others' })
    await consumer.connect()
    await consumer.subscribe({ topics: ['orders-eu'] })
    const crashed = new Promise<string>((resolve) =>
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error.message)),
    )
    const refusal = await Promise.race([consumer.run({ eachMessage: async () => {} }).then(() => crashed), crashed])
    // It keeps the reason, GROUP_AUTHORIZATION_FAILED, to itself.
    expect(refusal).toBe('Failed to find group coordinator')
    await consumer.disconnect()
  })

  test('sees no topic that it may not describe, and what it may do to the others', async () => {
    await as('alice', async (client) => {
      const all = await client.send(metadata, 12, { topics: null, includeTopicAuthorizedOperations: true })
      expect(all.topics.map(({ name }) => name).sort()).toEqual(['orders-eu', 'orders-us'])
      const bits = (1 << Operation.read) | (1 << Operation.write) | (1 << Operation.describe)
      expect(all.topics[0]!.topicAuthorizedOperations).toBe(bits)
      const byName = { topics: [{ name: 'secret', topicId: ZERO_UUID }] }
      expect((await client.send(metadata, 12, byName)).topics[0]).toMatchObject({
        ...{ errorCode: TOPIC_AUTHORIZATION_FAILED, name: 'secret', topicId: ZERO_UUID, partitions: [] },
      })
      const missing = { topics: [{ name: 'not-there', topicId: ZERO_UUID }] }
      expect((await client.send(metadata, 12, missing)).topics[0]!.errorCode).toBe(TOPIC_AUTHORIZATION_FAILED)
      const byId = { topics: [{ name: null, topicId: idOf.secret! }] }
      expect((await client.send(metadata, 12, byId)).topics[0]).toMatchObject({
        ...{ errorCode: TOPIC_AUTHORIZATION_FAILED, name: null, partitions: [] },
      })
    })
    const names = (await kafkaOf('alice').admin().listTopics()).sort()
    expect(names).toEqual(['orders-eu', 'orders-us'])
  })
})

const wanted = (topic: string, byId: boolean) => ({
  ...(byId ? { topicId: idOf[topic]! } : { topic }),
  partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
})

describe('fetching', () => {
  test.each([
    ['by name', 12],
    ['by id', 17],
  ])('%s, what may not be read is refused beside what may', async (_how, version) => {
    await as('admin', (client) => producedTo(client, 'secret'))
    await as('alice', async (client) => {
      const topics = ['orders-eu', 'secret'].map((topic) => wanted(topic, version >= 13))
      const { responses } = await client.send(fetch, version, {
        ...{ maxWaitMs: 0, minBytes: 1, topics, forgottenTopicsData: [] },
      })
      const told = responses.map(({ partitions }) => [
        partitions[0]!.errorCode,
        (partitions[0]!.records?.length ?? 0) > 0,
      ])
      expect(told).toEqual([
        [0, true],
        [TOPIC_AUTHORIZATION_FAILED, false],
      ])
    })
  })

  test('a permission that is taken away ends what a session may read', async () => {
    await admin.createAcls({ acl: [rule('mallory', [Type.topic, 'orders-us', Operation.read])] })
    await as('mallory', async (client) => {
      const limits = { maxWaitMs: 0, minBytes: 1, forgottenTopicsData: [] }
      const begun = await client.send(fetch, 12, { ...limits, sessionEpoch: 0, topics: [wanted('orders-us', false)] })
      expect(begun.responses[0]!.partitions[0]!.errorCode).toBe(0)
      const { sessionId } = begun
      await as('admin', (keeper) => keeper.send(deleteAcls, 3, { filters: [filterOf('User:mallory')] }))
      const next = await client.send(fetch, 12, { ...limits, sessionId, sessionEpoch: 1, topics: [] })
      expect(next.responses[0]!.partitions[0]!.errorCode).toBe(TOPIC_AUTHORIZATION_FAILED)
    })
  })
})

const filterOf = (principalFilter: string | null) => ({
  ...{ resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter, hostFilter: null },
  ...{ operation: 1, permissionType: 1 },
})

test('groups of the consumer protocol: an expression finds what its member may describe, and nothing else', async () => {
  await as('alice', async (client) => {
    const joining = { groupId: 'orders-app', memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] }
    const join = (subscribedTopicRegex: string) =>
      client.send(consumerGroupHeartbeat, 1, { ...joining, memberId: randomUUID(), subscribedTopicRegex })
    const found = async (expression: string) => {
      const { errorCode, assignment } = await join(expression)
      expect(errorCode).toBe(0)
      return new Set(assignment!.topicPartitions.map(({ topicId }) => topicId))
    }
    const all = await found('.*')
    expect(all.has(idOf['orders-eu']!)).toBe(true)
    expect(all.has(idOf.secret!)).toBe(false)
  })
})

test('share groups: what may not be read is refused', async () => {
  await admin.createAcls({ acl: [rule('alice', [Type.group, 'shared', Operation.read])] })
  await as('alice', async (client) => {
    const memberId = randomBytes(16).toString('base64url')
    const join = (name: string) =>
      client.send(shareGroupHeartbeat, 1, { groupId: 'shared', memberId, memberEpoch: 0, subscribedTopicNames: [name] })
    expect((await join('secret')).errorCode).toBe(TOPIC_AUTHORIZATION_FAILED)
    expect((await join('orders-eu')).errorCode).toBe(0)
    const topics = [{ topicId: idOf.secret!, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }]
    const asked = { maxWaitMs: 0, minBytes: 0, maxRecords: 10, batchSize: 10, topics, forgottenTopicsData: [] }
    const told = await client.send(shareFetch, 2, { ...asked, groupId: 'shared', memberId, shareSessionEpoch: 0 })
    expect(told.responses[0]!.partitions[0]!.errorCode).toBe(TOPIC_AUTHORIZATION_FAILED)
    const other = await client.send(shareFetch, 2, { ...asked, groupId: 'other', memberId, shareSessionEpoch: 0 })
    expect(other.errorCode).toBe(GROUP_AUTHORIZATION_FAILED)
  })
})

test('who may nothing sees neither topics nor groups', async () => {
  const seen = (user: User) =>
    as(user, async (client) => ({
      topics: (await client.send(metadata, 12, { topics: null })).topics.length,
      groups: (await client.send(listGroups, 4, {})).groups.map(({ groupId }) => groupId).includes('orders-app'),
    }))
  expect(await seen('mallory')).toEqual({ topics: 0, groups: false })
  expect(await seen('alice')).toEqual({ topics: 2, groups: true })
})

test('whoever comes by a listener that asks for no proof has the rules of User:ANONYMOUS', async () => {
  const client = await ProtocolClient.connect(`127.0.0.1:${openPort}`)
  expect(await producedTo(client, 'orders-eu')).toBe(TOPIC_AUTHORIZATION_FAILED)
  client.close()
})

describe('the cluster', () => {
  const creations = [rule('mallory', [Type.topic, 'secret', Operation.read])]
  const salt = randomBytes(16)
  const upsertions = [{ name: 'eve', mechanism: 1, iterations: 4096, salt, saltedPassword: randomBytes(32) }]

  test.each<[User, number]>([
    ['alice', CLUSTER_AUTHORIZATION_FAILED],
    ['mallory', CLUSTER_AUTHORIZATION_FAILED],
    ['keeper', 0],
  ])('rules and passwords are changed by whoever may alter it: %s is told %i', async (user, expected) => {
    await as(user, async (client) => {
      const credentials = await client.send(alterUserScramCredentials, 0, { deletions: [], upsertions })
      expect(credentials.results.map(({ errorCode }) => errorCode)).toEqual([expected])
      expect((await client.send(createAcls, 3, { creations })).results[0]!.errorCode).toBe(expected)
      const { filterResults } = await client.send(deleteAcls, 3, { filters: [filterOf('User:mallory')] })
      expect(filterResults[0]!.errorCode).toBe(expected)
      expect(filterResults[0]!.matchingAcls).toHaveLength(expected === 0 ? 1 : 0)
      expect((await client.send(describeAcls, 3, filterOf(null))).errorCode).toBe(expected)
    })
  })
})

test('a denial is stronger than a permission', async () => {
  const denial = { ...rule('alice', [Type.topic, 'orders-us', Operation.write]), permissionType: Permission.deny }
  await as('admin', (client) => client.send(createAcls, 3, { creations: [denial] }))
  await as('alice', async (client) => {
    expect(await producedTo(client, 'orders-us')).toBe(TOPIC_AUTHORIZATION_FAILED)
    expect(await producedTo(client, 'orders-eu')).toBe(0)
  })
})

test('rules survive a crash, and so does their end', async () => {
  const rules = async () => {
    const told = await as('admin', (client) => client.send(describeAcls, 3, filterOf('User:alice')))
    return told.resources
      .flatMap(({ resourceName, acls }) => acls.map((acl) => JSON.stringify([resourceName, acl])))
      .sort()
  }
  const before = await rules()
  expect(before).toHaveLength(ALICE.length + 2)
  await broker.kill9()
  await broker.restart()
  expect(await rules()).toEqual(before)
  await as('alice', async (client) => expect(await producedTo(client, 'orders-us')).toBe(TOPIC_AUTHORIZATION_FAILED))
  const denials = { ...filterOf('User:alice'), permissionType: Permission.deny }
  await as('admin', (client) => client.send(deleteAcls, 3, { filters: [denials] }))
  await broker.kill9()
  await broker.restart()
  expect(await rules()).toHaveLength(before.length - 1)
  await as('alice', async (client) => expect(await producedTo(client, 'orders-us')).toBe(0))
})
