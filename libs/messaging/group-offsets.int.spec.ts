import { randomUUID } from 'node:crypto'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { startBroker } from '#libs/testing'
import { GroupOffsets, type ResetPlan } from './group-offsets.ts'

configureLogging({ level: 'silent' })

const TOPIC = 'facts'
const BEGAN = Date.now() - 60_000

let kafka: Kafka
let offsets: GroupOffsets
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const broker = await startBroker()
  cleanUp.push(() => broker.close())
  kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })
  offsets = new GroupOffsets({ brokers: [broker.brokers], clientId: 'test' })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }] })
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
    ...{ groupId, topic: TOPIC, members: [] },
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

test('what is not there is refused by name', async () => {
  const groupId = await idleGroup()
  const to = 'earliest'
  expect(await offsets.plan({ groupId: 'nobody', topic: TOPIC, to })).toMatchObject({ refused: 'unknown_group' })
  expect(await offsets.plan({ groupId, topic: 'nowhere', to })).toMatchObject({ refused: 'unknown_topic' })
  expect(await offsets.plan({ groupId, topic: TOPIC, partitions: [2], to })).toMatchObject({
    ...{ refused: 'unknown_partition', detail: `${TOPIC} has partitions 0 to 1, and no 2` },
  })
})
