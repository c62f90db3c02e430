import {
  Admin,
  Consumer,
  type ConsumerOptions,
  ProduceAcks,
  Producer,
  type ProducerOptions,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { afterEach, describe, expect, test } from 'vitest'
import { kafkaUnderTest } from './kafka-under-test.ts'

/** This client fetches by topic id alone, speaks the newest versions and never falls back. */
const kafka = kafkaUnderTest()
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const connection = () => ({ clientId: 'conformance', bootstrapBrokers: kafka.brokers.split(','), retryDelay: 50 })

function producerOf(options: Partial<ProducerOptions<string, string, string, string>> = {}) {
  const producer = new Producer({ ...connection(), serializers: stringSerializers, ...options })
  open.push(() => producer.close())
  return producer
}

function admin(): Admin {
  const made = new Admin(connection())
  open.push(() => made.close())
  return made
}

type StringConsumer = ConsumerOptions<string, string, string, string>
/** Collects what a member of the group is given, as `partition@offset key=value`. */
async function consume(topic: string, groupId: string, options: Partial<StringConsumer> = {}) {
  const common = {
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
    maxWaitTime: 200,
    deserializers: stringDeserializers,
  }
  const consumer = new Consumer({ ...connection(), ...common, groupId, ...options })
  open.push(() => consumer.close(true))
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: true,
  })
  const values: string[] = []
  stream.on('data', ({ value }) => void values.push(value ?? ''))
  stream.on('error', () => {})
  return { values, consumer }
}

const messages = (topic: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ topic, key: `${from + i}`, value: `${from + i}` }))
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 30_000, interval: 25 })
const numerically = (values: readonly string[]) => values.toSorted((a, b) => Number(a) - Number(b))

describe('@platformatic/kafka', () => {
  test('what is produced is consumed, in order', async () => {
    const topic = await kafka.topic()
    await producerOf().send({ messages: messages(topic.name, 100), acks: ProduceAcks.ALL })
    const { values } = await consume(topic.name, kafka.name('group'))
    await eventually(() => values).toEqual(numbers(100))
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'a batch compressed with %s comes back',
    async (compression) => {
      const topic = await kafka.topic()
      await producerOf().send({ messages: messages(topic.name, 50), compression, acks: ProduceAcks.ALL })
      const { values } = await consume(topic.name, kafka.name('group'))
      await eventually(() => values).toEqual(numbers(50))
    },
  )

  test('an idempotent producer writes each message once', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const producer = producerOf({ idempotent: true })
    for (let i = 0; i < 10; i++)
      await producer.send({ messages: messages(topic.name, 5, 5 * i), acks: ProduceAcks.ALL })
    const { values } = await consume(topic.name, kafka.name('group'))
    await eventually(() => numerically(values)).toEqual(numbers(50))
  })

  test('a group shares the partitions, and carries on where it has committed', async () => {
    const topic = await kafka.topic({ partitions: 4 })
    const group = kafka.name('group')
    const one = await consume(topic.name, group)
    const other = await consume(topic.name, group)
    await producerOf().send({ messages: messages(topic.name, 40), acks: ProduceAcks.ALL })
    // At least once: a rebalance may repeat what was not committed yet.
    const seen = () => numerically([...new Set([...one.values, ...other.values])])
    await eventually(seen).toEqual(numbers(40))
    await one.consumer.close(true)
    await producerOf().send({ messages: messages(topic.name, 40, 40), acks: ProduceAcks.ALL })
    await eventually(seen).toEqual(numbers(80))
  })

  test('topics and groups are administered', async () => {
    const client = admin()
    const topic = kafka.name('topic')
    const [created] = await client.createTopics({ topics: [topic], partitions: 3, replicas: 1 })
    expect(created).toMatchObject({ name: topic, partitions: 3, replicas: 1 })
    await kafka.isLed(topic, 3)
    expect(await client.listTopics()).toContain(topic)
    const group = kafka.name('group')
    const { consumer } = await consume(topic, group)
    await eventually(async () => (await client.listGroups({ states: ['STABLE'] })).has(group)).toBe(true)
    const described = (await client.describeGroups({ groups: [group] })).get(group)
    expect(described).toMatchObject({ state: 'Stable', protocolType: 'consumer' })
    expect(described!.members.size).toBe(1)
    await consumer.close(true)
    await client.alterConsumerGroupOffsets({
      groupId: group,
      topics: [{ name: topic, partitionOffsets: [{ partition: 1, offset: 7n }] }],
    })
    const [offsets] = await client.listConsumerGroupOffsets({ groups: [group] })
    expect(offsets!.topics[0]!.partitions).toContainEqual(
      expect.objectContaining({ partitionIndex: 1, committedOffset: 7n }),
    )
    await client.deleteGroups({ groups: [group] })
    await client.deleteTopics({ topics: [topic] })
    await eventually(() => client.listTopics()).not.toContain(topic)
  })

  test('a transaction is seen when it commits, and never when it does not', async () => {
    const topic = await kafka.topic()
    const producer = producerOf({ idempotent: true, transactionalId: kafka.name('transaction') })
    const aborted = await producer.beginTransaction()
    await aborted.send({ messages: [{ topic: topic.name, key: 'a', value: 'aborted' }], acks: ProduceAcks.ALL })
    await aborted.abort()
    const committed = await producer.beginTransaction()
    await committed.send({ messages: messages(topic.name, 3), acks: ProduceAcks.ALL })
    await committed.commit()
    const { values } = await consume(topic.name, kafka.name('group'))
    await eventually(() => values).toEqual(numbers(3))
  })
})
