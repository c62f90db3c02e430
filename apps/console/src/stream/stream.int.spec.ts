import { randomUUID } from 'node:crypto'
import { Module } from '@nestjs/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consequenceId, encode, type Message, uuidFrom } from '#libs/contracts'
import { createApplication } from '#libs/http'
import { ensureTopics, type KafkaPublisher, kafkaClient, kafkaPublisher, TopicReader } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { startBroker } from '#libs/testing'
import { orderMessages } from '../messages/order-messages.ts'
import { MOST_MISSED } from './missed.ts'
import { serveStream } from './serve-stream.ts'

configureLogging({ level: 'silent' })

@Module({})
class TestModule {}

let url: string
let publisher: KafkaPublisher
let reader: TopicReader
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const broker = await startBroker()
  const kafka = { brokers: [broker.brokers], clientId: 'test' }
  const admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1)
  await admin.disconnect()
  publisher = kafkaPublisher(kafka)
  reader = new TopicReader(kafka)
  const app = await createApplication(TestModule)
  void app.register(serveStream(reader))
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  cleanUp.push(
    () => broker.close(),
    () => publisher.close(),
    () => reader.close(),
    () => app.close(),
  )
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const capture = (customer: string, n: number): Message<'payment.capture'> => {
  const orderId = uuidFrom(`${customer}/${n}`)
  return {
    ...{ id: consequenceId(orderId, 0), type: 'payment.capture', source: '/waybill/order', subject: orderId },
    ...{ time: new Date().toISOString(), key: customer, correlationId: orderId, causationId: orderId },
    data: { orderId, customerId: customer },
  }
}
const publish = (messages: readonly Message<'payment.capture'>[]) =>
  publisher.publish(messages.map((message) => ({ topic: 'payment-commands', record: encode(message) })))

interface StreamEvent {
  readonly id?: string
  readonly event: string
  readonly data: { id: string }[]
}

/** Reads events one after the other, as a browser does; ends when it is disposed. */
const open = async (query: string, lastEventId?: string) => {
  const ending = new AbortController()
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const answer = await fetch(`${url}/api/stream?${query}`, { headers, signal: ending.signal })
  const chunks = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<StreamEvent> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = await chunks.read()
        if (done) throw new Error('the stream ended')
        text += value
        continue
      }
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s)),
      )
      text = text.slice(end + 2)
      if (fields.event !== undefined) return { ...fields, data: JSON.parse(fields.data) }
    }
  }
  return { next, close: () => ending.abort(), [Symbol.dispose]: () => ending.abort() }
}
const idsOf = (event: StreamEvent) => event.data.map(({ id }) => id)

test('what is published is told at once, and a connection that broke goes on without a gap', async () => {
  const [first, second, third] = [1, 2, 3].map((n) => capture(randomUUID(), n)) as [never, never, never]
  const stream = await open('topics=payment-commands')
  const begin = await stream.next()
  expect(begin.event).toBe('begin')
  await publish([first])
  const told = await stream.next()
  expect(told).toMatchObject({ event: 'messages', data: [{ topic: 'payment-commands', type: 'payment.capture' }] })
  stream.close()

  await publish([second])
  await publish([third])
  using again = await open('topics=payment-commands', told.id)
  const missed = await again.next()
  expect(missed.event).toBe('messages')
  expect(idsOf(missed).sort()).toEqual([(second as Message).id, (third as Message).id].sort())
  using fromTheBeginning = await open(`topics=payment-commands&after=${begin.id}`)
  expect(idsOf(await fromTheBeginning.next())).toHaveLength(3)
})

test('all who follow the same topics are told the same, and whoever follows others as well is told of those, too', async () => {
  using one = await open('topics=payment-commands')
  using same = await open('topics=payment-commands')
  using more = await open('topics=payments,payment-commands')
  const begun = [one, same, more].map((stream) => stream.next())
  await Promise.all(begun)
  await publish([capture(randomUUID(), 1)])
  const [told, toldToo, toldMore] = await Promise.all([one.next(), same.next(), more.next()])
  expect(toldToo).toEqual(told)
  expect(toldMore.data).toEqual(told.data)
  expect(toldMore.id).toMatch(/^payments=.*;payment-commands=/)
})

test('of one order only, when only that is asked for', async () => {
  const [mine, other] = [capture('one', 1), capture('one', 2)]
  using stream = await open(`topics=payment-commands&orderId=${mine.correlationId}`)
  await stream.next()
  await publish([other, mine, other])
  expect(idsOf(await stream.next())).toEqual([mine.id])
})

test('who was away for longer, or names a place that is not there, is told to look anew', async () => {
  const stream = await open('topics=payment-commands')
  const { id } = await stream.next()
  stream.close()
  await publish(Array.from({ length: MOST_MISSED + 1 }, (_, n) => capture('many', n)))
  using late = await open('topics=payment-commands', id)
  expect((await late.next()).event).toBe('reset')
})

test.each(['topics=a b', 'orderId=7', 'other=1'])('%s is refused', async (query) => {
  const answer = await fetch(`${url}/api/stream?${query}`)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})

test("an order's messages are found in the partitions of its key, around the times when something happened", async () => {
  const mine = capture('seeker', 1)
  await publish([capture('seeker', 2), mine, capture('seeker', 3)])
  await publish([mine])
  const traces = { orderId: mine.correlationId, customerId: 'seeker', instants: [mine.time] }
  const { items, complete } = await orderMessages(reader, traces)
  expect(complete).toBe(true)
  expect(items.map(({ id, topic, data }) => ({ id, topic, data }))).toEqual(
    [1, 2].map(() => ({ id: mine.id, topic: 'payment-commands', data: mine.data })),
  )
  expect(items[1]!.offset).toBeGreaterThan(items[0]!.offset)
  const long = { ...traces, instants: ['2001-01-01T00:00:00.000Z'] }
  expect((await orderMessages(reader, long)).items).toEqual([])
})
