import { Kafka, logLevel, type Message } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Problem, parse } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { startBroker } from '#libs/testing'
import { messagesQuery, type TopicMessages, topicMessages } from './topic-messages.ts'
import { scanTopic } from './topic-scan.ts'

configureLogging({ level: 'silent' })

const PARTITIONS = 3
/** Brokers remove what is long past. */
const BEGAN = Date.now() - 3_600_000
const ID = '00000000-0000-4000-8000-000000000001'

let kafka: Kafka
let reader: TopicReader
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const broker = await startBroker()
  kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })
  reader = new TopicReader({ brokers: [broker.brokers], clientId: 'test' })
  cleanUp.push(
    () => broker.close(),
    () => reader.close(),
  )
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const topicOf = async (topic: string): Promise<string> => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] })
  await admin.disconnect()
  return topic
}
const produce = async (topic: string, messages: readonly Message[]): Promise<void> => {
  const producer = kafka.producer()
  await producer.connect()
  for (const message of messages) await producer.send({ topic, messages: [message] })
  await producer.disconnect()
}
/** So many, one after the other, in all partitions. */
const numbered = (count: number, from = 0): Message[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ partition: n % PARTITIONS, key: `customer-${n % 2}`, value: JSON.stringify({ n: from + n }) },
    ...{ timestamp: String(BEGAN + (from + n) * 1_000), headers: { ce_type: `kind-${n % 4}` } },
  }))

const ask = (topic: string, query: object) => topicMessages(reader, topic, parse(messagesQuery, query))
const numbersIn = ({ items }: TopicMessages) => items.map(({ data }) => (data as { n: number }).n)

/** Every page from there on. */
const pages = async (topic: string, query: object): Promise<TopicMessages[]> => {
  const all = [await ask(topic, query)]
  while (!all.at(-1)!.complete) all.push(await ask(topic, { ...query, cursor: all.at(-1)!.nextCursor!, ...NO_START }))
  return all
}
const NO_START = { from: undefined, at: undefined }

test('the newest come first, page by page, down to the first', async () => {
  const topic = await topicOf('newest')
  await produce(topic, numbered(20))
  const all = await pages(topic, { limit: '6' })
  expect(all.flatMap(numbersIn)).toEqual(Array.from({ length: 20 }, (_, n) => 19 - n))
  expect(all.map(({ items }) => items.length)).toEqual([6, 6, 6, 2])
  expect(all.at(-1)!.nextCursor).toBeNull()
  expect(all[0]!.direction).toBe('backward')
})

test('from an offset and from an instant on the oldest come first, and then what is published later', async () => {
  const topic = await topicOf('forward')
  await produce(topic, numbered(12))
  const fromOffset = await pages(topic, { partition: '1', from: '2', limit: '1' })
  expect(fromOffset.flatMap(numbersIn)).toEqual([7, 10])
  const [fromInstant] = await pages(topic, { at: new Date(BEGAN + 9_000).toISOString() })
  expect(numbersIn(fromInstant!)).toEqual([9, 10, 11])
  expect(fromInstant!.looked.partitions.map(({ from, to }) => [from, to])).toEqual([3, 3, 3].map((at) => [at, 4]))

  const newest = await ask(topic, { limit: '1' })
  await produce(topic, numbered(3, 12))
  expect(numbersIn(await ask(topic, { cursor: newest.liveCursor }))).toEqual([12, 13, 14])
  expect(numbersIn(await ask(topic, { cursor: fromInstant!.nextCursor! }))).toEqual([12, 13, 14])
})

test('what is meant by key, header and value is found, in either direction', async () => {
  const topic = await topicOf('filtered')
  await produce(topic, numbered(12))
  const meant = { key: 'customer-0', header: 'ce_type:kind-2' }
  expect((await pages(topic, { ...meant, limit: '2' })).flatMap(numbersIn)).toEqual([10, 6, 2])
  const forward = await pages(topic, { ...meant, at: new Date(0).toISOString(), limit: '1' })
  expect(forward.flatMap(numbersIn)).toEqual([2, 6, 10])
  expect(numbersIn(await ask(topic, { value: '"n":11' }))).toEqual([11])
})

test('how far one answer looks is bounded, and the next one goes on there', async () => {
  const topic = await topicOf('bounded')
  await produce(topic, numbered(30))
  const request = { topic, partitions: [0, 1, 2], filter: { value: '"n":29' }, limit: 5 }
  const bounds = { mostLooked: 1, longestMs: 5_000 }
  const start = {
    kind: 'position',
    position: { direction: 'backward', offsets: new Map([0, 1, 2].map((p) => [p, 5])) },
  } as const
  const lower = await scanTopic(reader, { ...request, start }, bounds)
  expect(lower).toMatchObject({ records: [], looked: 15, complete: true })
  expect(lower.range).toEqual([0, 1, 2].map((partition) => ({ partition, from: 0, to: 5 })))
  const forward = await scanTopic(reader, { ...request, start: { kind: 'offset', offset: 0 } }, bounds)
  expect(forward.looked).toBeGreaterThan(0)
  const late = await scanTopic(reader, { ...request, start: { kind: 'newest' } }, { mostLooked: 20, longestMs: -1 })
  expect(late).toMatchObject({ records: [], looked: 0, complete: false })
  expect([...late.next]).toEqual([...late.ends])
})

test('a record is read by the contract of its type, in the version that it was written in', async () => {
  const topic = await topicOf('contracts')
  const headers = {
    ...{ ce_id: ID, ce_type: 'order.placed', ce_source: '/waybill/order', ce_subject: ID },
    ...{ ce_time: '2026-01-01T00:00:00.000Z', correlationid: ID, causationid: ID },
  }
  const price = { amount: 500, currency: 'EUR' }
  const address = { name: 'Ada Lindqvist', line1: 'Storgatan 1', city: 'Umea', postalCode: '90326', country: 'SE' }
  const placed = {
    ...{ orderId: ID, customerId: 'cust-0001', total: price, coordination: 'orchestrated' },
    items: [{ sku: 'MUG', name: 'Mug', quantity: 1, unitPrice: price, lineTotal: price }],
    ...{ payment: { token: 'tok_secret' }, shippingAddress: address },
  }
  const value = JSON.stringify(placed)
  const large = JSON.stringify({ token: 'tok_secret', much: 'x'.repeat(100_000) })
  await produce(topic, [
    { partition: 0, value, headers: { ...headers, ce_dataversion: '1' } },
    { partition: 0, value: 'not json', headers },
    { partition: 0, value: Buffer.from([0xff, 0x00]) },
    { partition: 0, value: null },
    { partition: 0, value: large },
  ])
  const { items } = await ask(topic, { partition: '0', from: '0' })
  expect(JSON.stringify(items)).not.toContain('tok_secret')
  expect(items[0]).toMatchObject({
    ...{ type: 'order.placed', dataVersion: 1, data: { shippingAddress: { name: 'Ada Lindqvist' } } },
    reading: {
      ...{ readable: true, newest: 3 },
      asNewest: { shippingAddress: { givenName: 'Ada', familyName: 'Lindqvist' }, payment: { token: '****' } },
    },
  })
  expect(items[1]).toMatchObject({ data: 'not json', reading: { readable: false, reason: 'invalid_json' } })
  expect(items[2]).toMatchObject({ data: '/wA=', encoding: 'base64', reading: { reason: 'missing_header' } })
  expect(items[3]).toMatchObject({ data: null })
  expect(items[4]).toMatchObject({ cutOf: large.length })
  expect((items[4]!.data as string).length).toBe(64 * 1024)
})

test('what is not there, or said in two ways, is refused in words', async () => {
  await expect(ask('nowhere', {})).rejects.toThrow(/no topic nowhere/)
  const topic = await topicOf('refused')
  await expect(ask(topic, { partition: '3' })).rejects.toThrow(/partitions 0 to 2/)
  for (const query of [
    { from: '1' },
    { partition: '0', from: '1', at: new Date().toISOString() },
    { cursor: 'x' },
    { limit: '0' },
  ])
    expect(() => parse(messagesQuery, query), JSON.stringify(query)).toThrow(Problem)
})
