import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { startBroker } from '#libs/testing'
import { KafkaView } from './kafka-view.ts'

configureLogging({ level: 'silent' })

let kafka: Kafka
let view: KafkaView
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const broker = await startBroker()
  cleanUp.push(() => broker.close())
  kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })
  view = new KafkaView({ brokers: [broker.brokers], clientId: 'test' })
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [{ name: 'retention.ms', value: '3600000' }]
  await admin.createTopics({ topics: [{ topic: 'facts', numPartitions: 2, configEntries }] })
  await admin.disconnect()
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

test('a topic says what it takes on the disk, and what of its settings is its own', async () => {
  const before = await view.topic('facts')
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'facts', messages: [{ partition: 1, value: 'x'.repeat(1_000) }] })
  await producer.disconnect()
  const { partitions, bytes, settings } = (await view.topic('facts'))!
  expect(partitions[1]!.bytes - before!.partitions[1]!.bytes).toBeGreaterThan(1_000)
  expect(partitions[0]).toEqual(before!.partitions[0])
  expect(bytes).toBe(partitions[0]!.bytes + partitions[1]!.bytes)
  expect(settings[0]).toEqual({ name: 'retention.ms', value: '3600000', isDefault: false })
  expect(settings.filter(({ isDefault }) => !isDefault)).toHaveLength(1)
  expect(settings.find(({ name }) => name === 'cleanup.policy')).toMatchObject({ value: 'delete', isDefault: true })
})

test('of each partition it says who has it, and whose copy is up to date', async () => {
  const { items } = await view.topics()
  const nodes = { leader: 1, replicas: [1], inSync: [1] }
  expect(items.find(({ name }) => name === 'facts')!.partitions).toMatchObject([nodes, nodes])
})

test('a topic that is not there is none', async () => {
  expect(await view.topic('nowhere')).toBeUndefined()
})

test('of each member of a group it says which partitions it reads', async () => {
  const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'facts', fromBeginning: true })
  const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()))
  await consumer.run({ eachMessage: async () => {} })
  await joined
  const { items } = await view.groups()
  const readers = { groupId: 'readers', type: 'consumer', state: 'Stable' }
  expect(items).toMatchObject([{ ...readers, members: [{ assignment: { facts: [0, 1] } }] }])
  await consumer.disconnect()
})
