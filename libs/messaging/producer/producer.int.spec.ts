import { type Admin, Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  batchAttributes,
  batchBaseSequence,
  batchProducerId,
  Compression,
  type CompressionName,
  compressionOf,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { batch } from '../../../test/conformance/batch.ts'
import { kafkaUnderTest, type TestTopic } from '../../../test/conformance/kafka-under-test.ts'
import { readPartition } from '../../../test/robustness/reader.ts'
import { kafkaClient } from '../kafka-client.ts'
import { partitionOf } from './partition-of.ts'
import { HASTY, startProxy, type TestProxy } from './producer.fixture.ts'
import { Producer, type ProducerRecord } from './producer.ts'
import type { Timing } from './timing.ts'

const kafka = kafkaUnderTest()
let admin: Admin
beforeAll(async () => {
  admin = new Kafka({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
afterAll(() => admin.disconnect())

const open: Producer[] = []
afterEach(() => {
  for (const producer of open.splice(0)) producer.close()
})
const producerFor = (
  brokers: readonly string[],
  timing: Partial<Timing> = {},
  compression: CompressionName = 'none',
): Producer => {
  const producer = new Producer({ brokers, clientId: 'test', compression }, { ...HASTY, ...timing })
  open.push(producer)
  return producer
}
const newProducer = (timing?: Partial<Timing>) => producerFor(kafka.brokers.split(','), timing)

const record = (topic: string, key: string, value: string): ProducerRecord => ({
  topic,
  record: { key, value, headers: { ce_id: value } },
})
const valuesIn = async (topic: string, partition = 0, brokers = kafka.brokers) =>
  (await readPartition(brokers, topic, partition)).map(({ value }) => value)

/** The first batch of the topic's only partition: who wrote it. */
const firstBatch = async (topic: TestTopic) => kafka.read(topic, 0)

test('every record is there once, in order, in the partition of its key', async () => {
  const topics = await Promise.all([kafka.topic({ partitions: 3 }), kafka.topic({ partitions: 6 })])
  const producer = newProducer()
  const sent = Array.from({ length: 20 }, (_, publish) =>
    Array.from({ length: 30 }, (_, i) => record(topics[i % 2]!.name, `key-${(i * 7) % 11}`, `${publish}-${i}`)),
  )
  for (const records of sent) await producer.send(records)
  for (const [topic, count] of [
    [topics[0]!, 3],
    [topics[1]!, 6],
  ] as const) {
    for (let partition = 0; partition < count; partition++) {
      const expected = sent
        .flat()
        .filter((one) => one.topic === topic.name && partitionOf(one.record.key, count) === partition)
        .map((one) => one.record.value)
      expect(await valuesIn(topic.name, partition)).toEqual(expected)
    }
  }
})

test.each(Object.keys(Compression) as CompressionName[])(
  'batches of several records are compressed by %s, and a consumer reads them all',
  async (compression) => {
    const topic = await kafka.topic()
    const brokers = kafka.brokers.split(',')
    const producer = producerFor(brokers, {}, compression)
    const value = (i: number) => `${i} ${'and words '.repeat(20)}`
    const sent = Array.from({ length: 40 }, (_, i) => record(topic.name, `key-${i % 3}`, value(i)))
    await producer.send(sent.slice(0, 30))
    await producerFor(brokers).send(sent.slice(30, 39))
    await producer.send(sent.slice(39))
    expect(compressionOf(batchAttributes(await firstBatch(topic)))).toBe(Compression[compression])

    // How long a fetch waits is how long disconnecting takes.
    const client = kafkaClient({ brokers, clientId: 'test' }, 'forever')
    const consumer = client.consumer({ groupId: kafka.name('group'), maxWaitTimeInMs: 100 })
    const read: string[] = []
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [topic.name], fromBeginning: true })
      await consumer.run({ eachMessage: async ({ message }) => void read.push(String(message.value)) })
      await expect.poll(() => read, { timeout: 10_000 }).toHaveLength(sent.length)
    } finally {
      await consumer.disconnect()
    }
    expect(read).toEqual(sent.map(({ record }) => record.value))
  },
)

test('nothing to send is sent at once', async () => {
  await newProducer().send([])
})

test('a topic that is not there is a clear error, and nothing else is wrong afterwards', async () => {
  const producer = newProducer()
  const name = kafka.name('late')
  await expect(producer.send([record(name, 'a', '1')])).rejects.toThrow(`topic ${name}: UNKNOWN_TOPIC_OR_PARTITION`)
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }] })
  await kafka.isLed(name, 1)
  await producer.send([record(name, 'a', '1')])
  expect(await valuesIn(name)).toEqual(['1'])
})

test('a topic that comes in time is waited for', async () => {
  const producer = newProducer({ retriesMs: new Array(100).fill(50) })
  const name = kafka.name('soon')
  const sent = producer.send([record(name, 'a', '1')])
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }] })
  await sent
  expect(await valuesIn(name)).toEqual(['1'])
})

test('no broker is a clear error', async () => {
  const producer = producerFor(['127.0.0.1:1', '127.0.0.1:2'])
  await expect(producer.send([record('t', 'a', '1')])).rejects.toThrow(/ECONNREFUSED/)
})

test('a broker that is not there does not matter while another one is', async () => {
  const topic = await kafka.topic()
  const producer = producerFor(['127.0.0.1:1', ...kafka.brokers.split(',')])
  await producer.send([record(topic.name, 'a', '1')])
  expect(await valuesIn(topic.name)).toEqual(['1'])
})

test('partitions that were added are used before long', async () => {
  const topic = await kafka.topic()
  const producer = newProducer({ metadataMs: 0 })
  await producer.send([record(topic.name, 'a', '1')])
  await admin.createPartitions({ topicPartitions: [{ topic: topic.name, count: 40 }] })
  await kafka.isLed(topic.name, 40)
  const key = Array.from({ length: 1000 }, (_, i) => `key-${i}`).find((key) => partitionOf(key, 40) === 39)!
  await expect
    .poll(() => producer.send([record(topic.name, key, '2')]).then(() => valuesIn(topic.name, 39)))
    .toContain('2')
})

test('more than one batch has room for goes in several, in order', async () => {
  const topic = await kafka.topic()
  const values = Array.from({ length: 7 }, (_, i) => `${i}`.repeat(400_000))
  await newProducer().send(values.map((value) => record(topic.name, 'a', value)))
  expect((await valuesIn(topic.name)).map((value) => value[0])).toEqual(values.map((value) => value[0]))
})

test('a record that the broker does not take is refused with its words, and the next send goes on', async () => {
  const topic = await kafka.topic({ configs: { 'max.message.bytes': '2000' } })
  const producer = newProducer()
  await producer.send([record(topic.name, 'a', '1')])
  await expect(producer.send([record(topic.name, 'a', 'x'.repeat(3_000))])).rejects.toThrow(
    `${topic.name}/0: MESSAGE_TOO_LARGE`,
  )
  await producer.send([record(topic.name, 'a', '2')])
  expect(await valuesIn(topic.name)).toEqual(['1', '2'])
})

describe('what one partition does not take', () => {
  const keyOf = (partition: number, count: number) =>
    Array.from({ length: 1_000 }, (_, i) => `key-${i}`).find((key) => partitionOf(key, count) === partition)!

  test('holds up no other one, and what was acknowledged is said', async () => {
    const topic = await kafka.topic({ partitions: 2, configs: { 'max.message.bytes': '2000' } })
    const missing = kafka.name('missing')
    const producer = newProducer()
    const [bad, good] = [keyOf(0, 2), keyOf(1, 2)]
    const acknowledged: number[] = []
    const records = [
      record(topic.name, bad, 'x'.repeat(3_000)),
      record(topic.name, good, '1'),
      record(missing, good, '1'),
      record(topic.name, bad, 'behind'),
      record(topic.name, good, '2'),
    ]
    const sent = producer.send(records, (places) => acknowledged.push(...places))
    await expect(sent).rejects.toThrow(`${topic.name}/0: MESSAGE_TOO_LARGE`)
    expect(acknowledged).toEqual([1, 4])
    expect([await valuesIn(topic.name, 0), await valuesIn(topic.name, 1)]).toEqual([[], ['1', '2']])
    const partitionOfKey = producer.partitioner()
    expect([bad, good].map((key) => partitionOfKey(topic.name, key))).toEqual([`${topic.name}/0`, `${topic.name}/1`])
    expect(partitionOfKey(missing, good)).toBe(missing)
  })

  test('sends to different partitions may overlap, also when some fail', async () => {
    const topic = await kafka.topic({ partitions: 4, configs: { 'max.message.bytes': '2000' } })
    const producer = newProducer()
    const expected = Array.from({ length: 20 }, (_, i) => `${i}`)
    await Promise.all(
      [0, 1, 2, 3].map(async (partition) => {
        const key = keyOf(partition, 4)
        for (const value of expected) {
          await producer.send([record(topic.name, key, value)])
          if (partition === 0)
            await expect(producer.send([record(topic.name, key, 'x'.repeat(3_000))])).rejects.toThrow('TOO_LARGE')
        }
      }),
    )
    for (const partition of [0, 1, 2, 3]) expect(await valuesIn(topic.name, partition)).toEqual(expected)
  })
})

describe('a producer whose sequence is not believed any more', () => {
  test.each([
    ['fenced by a later epoch', { epoch: 1, sequence: 0 }, ['other'], 'INVALID_PRODUCER_EPOCH'],
    ['out of order', { epoch: 0, sequence: 1 }, ['other', 'other'], 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  ])('%s, says so and goes on under another id', async (_, { epoch, sequence }, values, error) => {
    const topic = await kafka.topic()
    const producer = newProducer()
    await producer.send([record(topic.name, 'a', '1')])
    const before = await firstBatch(topic)
    const producerId = batchProducerId(before)
    expect((await kafka.append(topic, batch(values, { producerId, epoch, sequence }))).errorCode).toBe(0)
    await expect(producer.send([record(topic.name, 'a', '2')])).rejects.toThrow(error)
    await producer.send([record(topic.name, 'a', '2')])
    await producer.send([record(topic.name, 'a', '3')])
    expect(await valuesIn(topic.name)).toEqual(['1', ...values, '2', '3'])
    const after = await kafka.read(topic, 1 + values.length)
    expect(batchProducerId(after)).not.toBe(producerId)
    expect(batchBaseSequence(after)).toBe(0)
  })
})

test.skipIf(process.env.KAFKA_BROKERS !== undefined)(
  'a broker that is killed and comes back has everything, in order',
  async () => {
    const topic = await kafka.topic()
    const producer = newProducer()
    const sent = Array.from({ length: 400 }, (_, i) => `${i}`)
    let killed: Promise<void> | undefined
    for (let first = 0; first < sent.length; first += 4) {
      if (first === 200) killed = kafka.killAndRestart()
      const records = sent.slice(first, first + 4).map((value) => record(topic.name, 'a', value))
      // As the relay does: the same again, until it is through.
      while (
        !(await producer.send(records).then(
          () => true,
          () => false,
        ))
      );
    }
    await killed
    const stored = await valuesIn(topic.name)
    expect([...new Set(stored)]).toEqual(sent)
  },
)

describe.skipIf(process.env.KAFKA_BROKERS !== undefined)('when an answer is lost', () => {
  let proxy: TestProxy
  let broker: BrokerProcess
  beforeAll(async () => {
    proxy = await startProxy()
    broker = await startBroker({ settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } })
    proxy.forwardTo(broker.port)
    const behind = new Kafka({ brokers: [`127.0.0.1:${proxy.port}`], logLevel: logLevel.NOTHING }).admin()
    await behind.connect()
    await behind.createTopics({ topics: [{ topic: 'cut' }, { topic: 'swallow' }, { topic: 'never' }] })
    await behind.disconnect()
  })
  afterAll(async () => {
    proxy.close()
    await broker.close()
  })

  test.each(['cut', 'swallow'] as const)('(%s) the batch is sent again and stored once', async (how) => {
    const producer = producerFor([`127.0.0.1:${proxy.port}`], { requestMs: 300 })
    for (let i = 0; i < 5; i++) {
      await producer.send([record(how, 'a', `${2 * i}`)])
      proxy.spoilNextAnswer(how)
      await producer.send([record(how, 'a', `${2 * i + 1}`)])
    }
    expect(await valuesIn(how, 0, broker.brokers)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`))
  })

  test('and lost again, the send is rejected, and what is sent next is not taken for it', async () => {
    const producer = producerFor([`127.0.0.1:${proxy.port}`], { requestMs: 300, retriesMs: [] })
    await producer.send([record('never', 'a', '1')])
    proxy.spoilNextAnswer('cut')
    await expect(producer.send([record('never', 'a', '2')])).rejects.toThrow('closed by the broker')
    await producer.send([record('never', 'a', '3')])
    expect(await valuesIn('never', 0, broker.brokers)).toEqual(['1', '2', '3'])
  })
})
