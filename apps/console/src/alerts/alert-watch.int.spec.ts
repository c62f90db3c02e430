import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TopicReader } from '#libs/messaging'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { Forwarder } from '../forwarder.ts'
import { KafkaView } from '../kafka-view.ts'
import type { ServiceName } from '../services.ts'
import { AlertWatch } from './alert-watch.ts'
import { readRules } from './rules.ts'

const RULES = join(import.meta.dirname, '../../../../deploy/prometheus/rules.yml')
const MOST = 10_000

/** Whose outbox is stuck, as its page of metrics has it, with an exemplar and what no rule asks for. */
const PAGE = `# TYPE waybill_outbox_oldest_age_seconds gauge
waybill_outbox_oldest_age_seconds{service="order"} 45
waybill_http_request_duration_seconds_bucket{le="0.01",route="/a\\"b,{c}"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.004 1.7
# EOF
`

let broker: BrokerProcess
let watch: AlertWatch
let reader: TopicReader
let forwarder: Forwarder
const server = createServer((request, response) => response.writeHead(request.url === '/metrics' ? 200 : 404).end(PAGE))

beforeAll(async () => {
  broker = await startBroker()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'lagging', numPartitions: 1 }] })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'lagging', messages: Array.from({ length: MOST + 2 }, () => ({ value: 'x' })) })
  await admin.setOffsets({ groupId: 'slow', topic: 'lagging', partitions: [{ partition: 0, offset: '0' }] })
  await Promise.all([producer.disconnect(), admin.disconnect()])

  const there = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const addresses = { order: there, payment: 'http://127.0.0.1:1' } as Record<ServiceName, string>
  for (const name of ['inventory', 'fulfillment', 'notification', 'query', 'analytics', 'simulators'] as const)
    addresses[name] = there
  forwarder = new Forwarder(addresses)
  const options = { brokers: [broker.brokers], clientId: 'alerts' }
  reader = new TopicReader(options)
  watch = new AlertWatch({
    ...{ rules: readRules(readFileSync(RULES, 'utf8')), forwarder, reader, kafka: new KafkaView(options) },
    brokerUrl: `http://127.0.0.1:${broker.httpPort}`,
  })
})
afterAll(async () => {
  reader?.close()
  await forwarder?.close()
  server.close()
  await broker?.close()
})

test('what services, broker and Kafka say is held against the rules, and who says nothing is named', async () => {
  expect(watch.answer).toEqual({ checkedAt: null, items: [], missing: [] })
  await watch.watch()
  const { items, missing } = watch.answer
  expect(missing).toEqual(['payment'])
  expect(
    items
      .filter(({ alert }) => alert !== 'disk-full')
      .map(({ alert, state, labels, value }) => [alert, state, labels, value]),
  ).toEqual([
    ['lag-high', 'pending', { group: 'slow' }, MOST + 2],
    ['outbox-old', 'pending', { service: 'order' }, 45],
  ])
  expect(items.find(({ alert }) => alert === 'lag-high')).toMatchObject({
    ...{ runbook: '/runbooks/lag-high', console: '/groups', summary: 'slow is 10k records behind' },
  })
})
