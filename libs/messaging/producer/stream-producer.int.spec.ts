import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { Compression, compressionOf } from '#libs/kafka-protocol'
import { kafkaUnderTest } from '../../../test/conformance/kafka-under-test.ts'
import { readPartition } from '../../../test/robustness/reader.ts'
import { partitionOf } from './partition-of.ts'
import { HASTY } from './producer.fixture.ts'
import { StreamProducer, type StreamProducerOptions } from './stream-producer.ts'

const kafka = kafkaUnderTest()
const open: StreamProducer[] = []
afterEach(() => {
  for (const producer of open.splice(0)) producer.close()
})
const producerFor = async (topic: string, options: Partial<StreamProducerOptions> = {}, timing = {}) => {
  const producer = await StreamProducer.open(
    {
      brokers: kafka.brokers.split(','),
      clientId: 'test',
      topic,
      acks: 1,
      lingerMs: 2,
      compression: 'none',
      ...options,
    },
    { ...HASTY, ...timing },
  )
  open.push(producer)
  return producer
}
const valuesIn = async (topic: string, partition = 0) =>
  (await readPartition(kafka.brokers, topic, partition)).map(({ value }) => value)

test.each([0, 1] as const)(
  'acks=%i: every record is there once, in order, in the partition of its key',
  async (acks) => {
    const topic = await kafka.topic({ partitions: 3 })
    const producer = await producerFor(topic.name, { acks, batchBytes: 500 })
    const sent = Array.from({ length: 3_000 }, (_, i) => [`key-${i % 11}`, `value ${i}`] as const)
    for (const [key, value] of sent) expect(producer.offer(key, value)).toBeDefined()
    await producer.flush()
    expect(producer.counts).toMatchObject({ acknowledged: 3_000, failed: 0 })
    for (let partition = 0; partition < 3; partition++) {
      const expected = sent.filter(([key]) => partitionOf(key, 3) === partition).map(([, value]) => value)
      await expect.poll(() => valuesIn(topic.name, partition)).toEqual(expected)
    }
  },
)

test('records travel together, compressed, and alone as well when nobody follows', async () => {
  const topic = await kafka.topic()
  const producer = await producerFor(topic.name, { lingerMs: 20, compression: 'snappy' })
  await Promise.all(Array.from({ length: 200 }, (_, i) => producer.offer('a', `all the same but for ${i}`)))
  const batch = await kafka.read(topic, 0)
  expect(compressionOf(batch.readInt16BE(21))).toBe(Compression.snappy)
  expect(batch.readInt32BE(57)).toBe(200)
  await producer.offer('a', 'alone')
  expect((await kafka.read(topic, 200)).readInt32BE(57)).toBe(1)
})

test('no more is taken than there is room for, until there is room again', async () => {
  const topic = await kafka.topic()
  const producer = await producerFor(topic.name, { maxWaiting: 10 })
  const settled = Array.from({ length: 15 }, (_, i) => producer.offer('a', `${i}`))
  expect(settled.filter((one) => one === undefined)).toHaveLength(5)
  expect(producer.room).toBe(0)
  await producer.untilRoom()
  expect(producer.offer('a', 'later')).toBeDefined()
  await producer.flush()
  expect(await valuesIn(topic.name)).toHaveLength(11)
})

test('a topic that is not there is said at once', async () => {
  await expect(producerFor('no-such-topic', {}, { retriesMs: [] })).rejects.toThrow('UNKNOWN_TOPIC')
})

describe.skipIf(process.env.KAFKA_BROKERS !== undefined)('while the broker is killed and comes back', () => {
  const sendThrough = async (acks: 0 | 1) => {
    const topic = await kafka.topic()
    const producer = await producerFor(topic.name, { acks }, { retriesMs: new Array(60).fill(100) })
    let killed: Promise<void> | undefined
    for (let i = 0; i < 2_000; i++) {
      if (i === 1_000) killed = kafka.killAndRestart()
      producer.offer('a', `${i}`)
      if (i % 20 === 0) await delay(1)
    }
    await killed
    await producer.flush()
    return { producer, values: await valuesIn(topic.name) }
  }

  test('acks=1: nothing is given up, and what was acknowledged is in order', async () => {
    const { producer, values } = await sendThrough(1)
    expect(producer.counts.failed).toBe(0)
    expect([...new Set(values)]).toEqual(Array.from({ length: 2_000 }, (_, i) => `${i}`))
  })

  test('acks=0: what is there is in order, and nobody was told what is not', async () => {
    const { producer, values } = await sendThrough(0)
    expect(producer.counts.acknowledged + producer.counts.failed).toBe(2_000)
    expect(values.length).toBeLessThanOrEqual(2_000)
    const numbers = values.map(Number)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })
})
