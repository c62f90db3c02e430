import { Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const client = () =>
  new Kafka({
    brokers: [kafka.brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 300 },
  })

async function transactional(transactionalId = kafka.name('kafkajs')): Promise<Producer> {
  const createPartitioner = Partitioners.DefaultPartitioner
  const producer = client().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, createPartitioner })
  await producer.connect()
  closing.push(() => producer.disconnect())
  return producer
}

const messages = (...values: string[]): Message[] => values.map((value) => ({ value }))

/** What a consumer gets until the value that ends the test. */
async function consumed(topic: string, last: string, readUncommitted = false): Promise<string[]> {
  const consumer = client().consumer({ groupId: kafka.name('reader'), maxWaitTimeInMs: 100, readUncommitted })
  const values: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void values.push(message.value!.toString()) })
  await expect.poll(() => values, { timeout: 30_000 }).toContain(last)
  await consumer.disconnect()
  return values
}

test('what is committed is consumed, what is aborted is not', async () => {
  const { name: topic } = await kafka.topic()
  const producer = await transactional()
  const first = await producer.transaction()
  await first.send({ topic, messages: messages('a', 'b') })
  await first.commit()
  const second = await producer.transaction()
  await second.send({ topic, messages: messages('never') })
  await second.abort()
  const third = await producer.transaction()
  await third.send({ topic, messages: messages('c') })
  await third.send({ topic, messages: messages('end') })
  await third.commit()
  expect(await consumed(topic, 'end')).toEqual(['a', 'b', 'c', 'end'])
  expect(await consumed(topic, 'end', true)).toEqual(['a', 'b', 'never', 'c', 'end'])
})

test('consume, transform, produce: results and offsets come together or not at all', async () => {
  const [{ name: source }, { name: target }] = [await kafka.topic(), await kafka.topic()]
  const input = client().producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await input.connect()
  const numbers = Array.from({ length: 20 }, (_, i) => `${i}`)
  await input.send({ topic: source, messages: messages(...numbers) })
  await input.disconnect()

  const [groupId, transactionalId] = [kafka.name('transform'), kafka.name('transform')]
  let attempts = 0
  // Each life aborts what it was doing when it came to its end, and the next goes on from the offsets in the group.
  for (const end of [7, 13, 20]) {
    const producer = await transactional(transactionalId)
    const consumer = client().consumer({ groupId, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topic: source, fromBeginning: true })
    let isOver = false
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message, partition }) => {
        if (isOver) return
        attempts++
        const value = message.value!.toString()
        const transaction = await producer.transaction()
        await transaction.send({ topic: target, messages: messages(`done ${value}`) })
        const offsets = [{ partition, offset: `${Number(message.offset) + 1}` }]
        await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic: source, partitions: offsets }] })
        isOver = Number(value) === end || value === numbers.at(-1)
        await (Number(value) === end ? transaction.abort() : transaction.commit())
      },
    })
    await expect.poll(() => isOver, { timeout: 30_000 }).toBe(true)
    await consumer.disconnect()
  }
  expect(attempts).toBe(22)
  expect(await consumed(target, 'done 19')).toEqual(numbers.map((number) => `done ${number}`))
})

test('a second producer of the same name takes over', async () => {
  const { name: topic } = await kafka.topic()
  const transactionalId = kafka.name('kafkajs')
  const old = await transactional(transactionalId)
  const left = await old.transaction()
  await left.send({ topic, messages: messages('left open') })
  const next = await transactional(transactionalId)
  const transaction = await next.transaction()
  await transaction.send({ topic, messages: messages('taken over') })
  await expect(left.commit()).rejects.toThrow()
  await transaction.commit()
  expect(await consumed(topic, 'taken over')).toEqual(['taken over'])
})
