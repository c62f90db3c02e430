import { createRequire } from 'node:module'
import { afterEach, describe, expect, test } from 'vitest'
import { kafkaUnderTest } from './kafka-under-test.ts'
import { clientModule, isClientBuilt } from './librdkafka/installation.ts'

/** The newest librdkafka, through @confluentinc/kafka-javascript: compiled on demand, so it may not be there. */
const isBuilt = await isClientBuilt()
if (!isBuilt) process.stderr.write('skipped: the newest librdkafka: `npm run test:librdkafka -- --install` builds it\n')

/** As much of the client's API, which is kafkajs's, as is used here. */
interface Client {
  producer(options: object): Producer
  consumer(options: object): Consumer
  admin(): Admin
}
interface Connectable {
  connect(): Promise<void>
  disconnect(): Promise<void>
}
interface Message {
  readonly value: Buffer | string
}
interface Sender {
  send(record: { topic: string; messages: readonly Message[] }): Promise<unknown>
}
interface Producer extends Connectable, Sender {
  transaction(): Promise<Sender & { commit(): Promise<void>; abort(): Promise<void> }>
}
interface Consumer extends Connectable {
  subscribe(subscription: { topic: string }): Promise<void>
  run(options: { eachMessage(given: { message: Message; partition: number }): Promise<void> }): Promise<void>
}
interface Admin extends Connectable {
  createTopics(options: { topics: readonly { topic: string; numPartitions: number }[] }): Promise<boolean>
  listTopics(): Promise<string[]>
  deleteTopics(options: { topics: readonly string[] }): Promise<void>
  listGroups(): Promise<{ groups: readonly { groupId: string }[] }>
  fetchTopicOffsets(topic: string): Promise<readonly { high: string }[]>
}

const kafka = kafkaUnderTest()
const open: Connectable[] = []
afterEach(async () => {
  for (const client of open.splice(0).reverse()) await client.disconnect()
})

async function connected<T extends Connectable>(client: T): Promise<T> {
  await client.connect()
  open.push(client)
  return client
}

function client(): Client {
  const { KafkaJS } = createRequire(import.meta.url)(clientModule)
  return new KafkaJS.Kafka({ kafkaJS: { brokers: kafka.brokers.split(','), logLevel: KafkaJS.logLevel.NOTHING } })
}

async function consume(topic: string, groupId: string) {
  const consumer = client().consumer({ kafkaJS: { groupId, fromBeginning: true, autoCommitInterval: 100 } })
  await connected(consumer)
  const values: string[] = []
  await consumer.subscribe({ topic })
  await consumer.run({ eachMessage: async ({ message }) => void values.push(message.value.toString()) })
  return { consumer, values }
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`)
const messages = (count: number, from = 0) => numbers(count, from).map((value) => ({ key: value, value }))
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 40_000, interval: 50 })
const numerically = (values: readonly string[]) => values.toSorted((a, b) => Number(a) - Number(b))

describe.skipIf(!isBuilt)('@confluentinc/kafka-javascript', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4'])('produces and consumes in order, compressed with %s', async (codec) => {
    const topic = await kafka.topic()
    const producer = await connected(client().producer({ 'compression.type': codec, 'enable.idempotence': true }))
    await producer.send({ topic: topic.name, messages: messages(200) })
    const { values } = await consume(topic.name, kafka.name('group'))
    await eventually(() => values).toEqual(numbers(200))
  })

  test('a group shares the partitions, and carries on where it has committed', async () => {
    const topic = await kafka.topic({ partitions: 4 })
    const group = kafka.name('group')
    const producer = await connected(client().producer({}))
    const [one, other] = [await consume(topic.name, group), await consume(topic.name, group)]
    const seen = () => numerically([...new Set([...one.values, ...other.values])])
    await producer.send({ topic: topic.name, messages: messages(100) })
    await eventually(seen).toEqual(numbers(100))
    await one.consumer.disconnect()
    open.splice(open.indexOf(one.consumer), 1)
    await producer.send({ topic: topic.name, messages: messages(100, 100) })
    await eventually(seen).toEqual(numbers(200))
  })

  test('a transaction is seen when it commits, and never when it does not', async () => {
    const topic = await kafka.topic()
    const producer = await connected(client().producer({ 'transactional.id': kafka.name('transaction') }))
    const aborted = await producer.transaction()
    await aborted.send({ topic: topic.name, messages: [{ value: 'aborted' }] })
    await aborted.abort()
    const committed = await producer.transaction()
    await committed.send({ topic: topic.name, messages: messages(3) })
    await committed.commit()
    const { values } = await consume(topic.name, kafka.name('group'))
    await eventually(() => values).toEqual(numbers(3))
  })

  test('topics and groups are administered', async () => {
    const admin = await connected(client().admin())
    const topic = kafka.name('topic')
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
    await kafka.isLed(topic, 2)
    expect(await admin.listTopics()).toContain(topic)
    expect((await admin.fetchTopicOffsets(topic)).map(({ high }) => high)).toEqual(['0', '0'])
    const group = kafka.name('group')
    await consume(topic, group)
    await eventually(async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId)).toContain(group)
    await admin.deleteTopics({ topics: [topic] })
    await eventually(() => admin.listTopics()).not.toContain(topic)
  })
})
