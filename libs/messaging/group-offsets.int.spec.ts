import { randomUUID } from 'node:crypto'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consumerGroupHeartbeat, ErrorCode, findCoordinator, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/observability'
import { startBroker } from '#libs/testing'
import { until } from '../../test/support/until.ts'
import { GroupOffsets, type ResetPlan } from './group-offsets.ts'
import { describeShareGroups } from './groups/share-groups.ts'
import type { BrokerConnection } from './producer/broker-connection.ts'
import { Cluster } from './producer/cluster.ts'

configureLogging({ level: 'silent' })

/** The Kafka that `KAFKA_BROKERS` names, or the bundled broker. */
const given = process.env.KAFKA_BROKERS?.split(',')
const TOPIC = `facts-${randomUUID()}`
const BEGAN = Date.now() - 60_000
const LEAVE = -1

let kafka: Kafka
let connection: BrokerConnection
let offsets: GroupOffsets
let brokers: string[]
const options = () => ({ brokers, clientId: 'test' })
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const bundled = given === undefined ? await startBroker() : undefined
  cleanUp.push(() => bundled?.close())
  brokers = given ?? [bundled!.brokers]
  kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  offsets = new GroupOffsets(options())
  const cluster = new Cluster(options(), { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 0 })
  cleanUp.push(() => cluster.close())
  connection = await cluster.anyConnection()
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: TOPIC, numPartitions: 2 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  for (let n = 0; n < 10; n++) {
    const message = { partition: n % 2, value: String(n), timestamp: String(BEGAN + n * 1_000) }
    await producer.send({ topic: TOPIC, messages: [message] })
  }
  await producer.disconnect()
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** A member that has handled everything and committed it; in the group until it is disconnected. */
const member = async (groupId: string): Promise<Consumer> => {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  let handled = 0
  await new Promise<void>((resolve, reject) => {
    consumer.run({ autoCommit: false, eachMessage: async () => void (++handled === 10 && resolve()) }).catch(reject)
  })
  await consumer.commitOffsets([0, 1].map((partition) => ({ topic: TOPIC, partition, offset: '5' })))
  return consumer
}
const idleGroup = async (): Promise<string> => {
  const groupId = `group-${randomUUID()}`
  await (await member(groupId)).disconnect()
  return groupId
}
const committed = async (groupId: string): Promise<number[]> => {
  const admin = kafka.admin()
  await admin.connect()
  const [facts] = await admin.fetchOffsets({ groupId, topics: [TOPIC] })
  await admin.disconnect()
  return facts!.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
}
const planOf = async (reset: Parameters<GroupOffsets['plan']>[0]): Promise<ResetPlan> =>
  (await offsets.plan(reset)) as ResetPlan

test('a plan says what would be done and does nothing; then it is done to the partitions that were meant', async () => {
  const groupId = await idleGroup()
  const plan = await planOf({ groupId, topic: TOPIC, partitions: [1], to: 'earliest' })
  expect(plan).toEqual({
    ...{ groupId, type: 'consumer', topic: TOPIC, members: [] },
    partitions: [{ partition: 1, from: 5, to: 0, earliest: 0, latest: 5 }],
  })
  expect(await committed(groupId)).toEqual([5, 5])
  expect(await offsets.commit(plan)).toBeUndefined()
  expect(await committed(groupId)).toEqual([5, 0])
})

test('to the end, to an offset as far as there is one, and to an instant', async () => {
  const groupId = await idleGroup()
  const targets = async (to: Parameters<GroupOffsets['plan']>[0]['to']) =>
    (await planOf({ groupId, topic: TOPIC, to })).partitions.map((each) => each.to)
  expect(await targets('latest')).toEqual([5, 5])
  expect(await targets({ offset: 3 })).toEqual([3, 3])
  expect(await targets({ offset: 99 })).toEqual([5, 5])
  expect(await targets({ at: new Date(BEGAN + 5_000).toISOString() })).toEqual([3, 2])
  expect(await targets({ at: '2040-01-01T00:00:00.000Z' })).toEqual([5, 5])
})

test('while somebody is in the group nothing is done, whoever of the two comes first', async () => {
  const groupId = `group-${randomUUID()}`
  const consumer = await member(groupId)
  const plan = await planOf({ groupId, topic: TOPIC, to: 'earliest' })
  expect(plan.members).toHaveLength(1)
  expect(await offsets.commit(plan)).toMatchObject({ refused: 'group_active' })
  expect(await committed(groupId)).toEqual([5, 5])
  await consumer.disconnect()
  expect(await offsets.commit(plan)).toBeUndefined()
  expect(await committed(groupId)).toEqual([0, 0])
})

test('a topic that is forgotten is one that the group has never read, and is forgotten once', async () => {
  const groupId = await idleGroup()
  const plan = await planOf({ groupId, topic: TOPIC, to: 'forgotten' })
  expect(plan.partitions.map(({ from, to }) => [from, to])).toEqual([
    [5, null],
    [5, null],
  ])
  expect(await offsets.commit(plan)).toBeUndefined()
  expect(await committed(groupId)).toEqual([-1, -1])
  expect(await offsets.commit(plan)).toBeUndefined()
})

test('a group of the consumer protocol is as much at work as any other', async () => {
  const groupId = `group-${randomUUID()}`
  const memberId = randomUUID()
  const member = { groupId, memberId, instanceId: null, rackId: null, rebalanceTimeoutMs: 60_000, serverAssignor: null }
  const subscribed = { subscribedTopicNames: [TOPIC], subscribedTopicRegex: null, topicPartitions: [] }
  const beat = async (memberEpoch: number) =>
    (await connection.request(consumerGroupHeartbeat, 1, { ...member, ...subscribed, memberEpoch })).errorCode
  expect(await beat(0)).toBe(ErrorCode.NONE)
  const plan = await planOf({ groupId, topic: TOPIC, to: 'latest' })
  expect(plan).toMatchObject({ type: 'consumer', members: [expect.any(String)] })
  expect(await offsets.commit(plan)).toMatchObject({ refused: 'group_active' })
  expect(await beat(LEAVE)).toBe(ErrorCode.NONE)
  expect(await offsets.commit(plan)).toBeUndefined()
  expect(await committed(groupId)).toEqual([5, 5])
})

test('a share group that nobody is in goes on elsewhere in a topic, or forgets it', async () => {
  const groupId = `group-${randomUUID()}`
  const beat = (memberEpoch: number) => {
    const member = { groupId, memberId: groupId.slice(-36), rackId: null, subscribedTopicNames: [TOPIC], memberEpoch }
    return connection.request(shareGroupHeartbeat, 1, member)
  }
  // Kafka begins to keep where share groups are when it is told of the first one, and answers late until it does.
  const starts = () =>
    until('where the group is', async () => {
      const { described } = await describeShareGroups(options(), [groupId], 10_000).catch(() => ({ described: [] }))
      return described[0]?.partitions.toSorted((a, b) => a.partition - b.partition).map(({ start }) => start)
    })
  await until('a coordinator', async () => {
    await connection.request(findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })
    return (await beat(0)).errorCode === ErrorCode.NONE || undefined
  })
  const plan = await planOf({ groupId, topic: TOPIC, to: 'earliest' })
  expect(plan).toMatchObject({ type: 'share', members: [expect.any(String)], partitions: [{ to: 0 }, { to: 0 }] })
  expect(await offsets.commit(plan)).toMatchObject({ refused: 'group_active' })
  expect((await beat(LEAVE)).errorCode).toBe(ErrorCode.NONE)
  const reset = async (to: Parameters<GroupOffsets['plan']>[0]['to'], partitions?: number[]) =>
    offsets.commit(await planOf({ groupId, topic: TOPIC, to, partitions }))
  expect(await reset('earliest')).toBeUndefined()
  expect(await starts()).toEqual([0, 0])
  expect(await reset({ at: new Date(BEGAN + 5_000).toISOString() })).toBeUndefined()
  expect(await starts()).toEqual([3, 2])
  expect(await reset('latest', [1])).toBeUndefined()
  expect(await starts()).toEqual([3, 5])
  const forgetting = await planOf({ groupId, topic: TOPIC, to: 'forgotten' })
  expect(forgetting.partitions).toMatchObject([
    { from: 3, to: null },
    { from: 5, to: null },
  ])
  expect(await offsets.commit(forgetting)).toBeUndefined()
  expect(await starts()).toEqual([])
  expect(await offsets.commit(forgetting)).toBeUndefined()
})

test('what is not there is refused by name', async () => {
  const groupId = await idleGroup()
  const to = 'earliest'
  expect(await offsets.plan({ groupId: 'nobody', topic: TOPIC, to })).toMatchObject({ refused: 'unknown_group' })
  expect(await offsets.plan({ groupId, topic: 'nowhere', to })).toMatchObject({ refused: 'unknown_topic' })
  expect(await offsets.plan({ groupId, topic: TOPIC, partitions: [2], to })).toMatchObject({
    ...{ refused: 'unknown_partition', detail: `${TOPIC} has partitions 0 to 1, and no 2` },
  })
})
