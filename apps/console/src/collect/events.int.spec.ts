import { Module } from '@nestjs/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readShopEvent, writeShopEvent } from '#libs/contracts'
import { createApplication } from '#libs/http'
import { ensureTopics, kafkaClient, TopicReader } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { Collector } from './collector.ts'
import { serveEvents } from './serve-events.ts'

configureLogging({ level: 'silent' })

@Module({})
class TestModule {}

let broker: BrokerProcess
let url: string
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  broker = await startBroker()
  cleanUp.push(() => broker.close())
  const app = await createApplication(TestModule)
  void app.register(serveEvents(new Collector({ brokers: [broker.brokers], clientId: 'test' }, 1_000)))
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  cleanUp.push(() => app.close())
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const post = async (body: string | Buffer<ArrayBuffer>, type = 'application/json') => {
  const answer = await fetch(`${url}/api/events`, { method: 'POST', headers: { 'content-type': type }, body })
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: (await answer.json()) as never }
}
const view = (id: string) => ({
  ...{ type: 'view', id, time: Date.now(), session: `s-${id}`, country: 'DE', device: 'app', sku: 'A' },
})
const stored = async () => {
  const reader = new TopicReader({ brokers: [broker.brokers], clientId: 'test' })
  try {
    const positions = [0, 1, 2].map((partition) => ({ topic: 'shop-events', partition, offset: 0 }))
    const found = await reader.read(positions)
    return found.flatMap(({ records }) => records)
  } finally {
    reader.close()
  }
}

test('without the topic it is said that nothing was taken', async () => {
  expect(await post(JSON.stringify([view('x')]))).toMatchObject({ status: 503, body: { status: 503 } })
}, 120_000)

test('events are in the topic, by their session, when they are answered', async () => {
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1, { 'shop-events': { partitions: 3, retentionMs: -1 } })
  await admin.disconnect()
  const events = Array.from({ length: 50 }, (_, i) => view(`${i}`))
  const lines = [...events.map((one) => JSON.stringify(one)), 'nonsense']
  await expect
    .poll(() => post(lines.join('\n'), 'application/x-ndjson'), { timeout: 20_000 })
    .toMatchObject({ status: 202, body: { accepted: 50, rejected: [{ index: 50 }] } })
  const records = await stored()
  expect(
    records
      .map(({ value }) => readShopEvent(value))
      .map((event) => event.type !== 'unreadable' && event.id)
      .sort(),
  ).toEqual(events.map(({ id }) => id).sort())
  for (const { key, value } of records) expect(`${key}`).toBe(`s-${JSON.parse(`${value}`).id}`)
  expect(JSON.parse(writeShopEvent(events[0] as never))).toMatchObject({ v: 1 })
})

test.each([
  ['{', 'application/json', 400],
  ['{}', 'application/json', 400],
  [Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400],
  [`[${'1,'.repeat(1_000)}1]`, 'application/json', 413],
  ['x'.repeat(600_000), 'application/x-ndjson', 413],
  ['<a/>', 'text/xml', 415],
] as const)('%s as %s is answered by %i', async (body, type, status) => {
  const answer = await post(body, type)
  expect(answer).toMatchObject({ status, body: { status } })
})

test('whoever sends more than can be held is told when to come again', async () => {
  await broker.kill9()
  const many = JSON.stringify(Array.from({ length: 1_000 }, (_, i) => view(`m-${i}`)))
  const answers = await Promise.all(Array.from({ length: 25 }, () => post(many)))
  const refused = answers.filter(({ status }) => status === 429)
  for (const { retryAfter } of refused) expect(retryAfter).toBe('1')
  expect(answers.map(({ status }) => status).sort()).toEqual([...new Array(5).fill(429), ...new Array(20).fill(503)])
})
