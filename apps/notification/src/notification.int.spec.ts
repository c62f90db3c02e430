import { randomUUID } from 'node:crypto'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Consequences, topicNames } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { createApplication, parseConfig } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase, testVault } from '#libs/testing'
import { kafkaClient } from '../../../libs/messaging/kafka-client.ts'
import { type Simulators, startSimulators, temporaryDirectory } from '../../simulators/src/testing/simulators.ts'
import { notificationEnvironment } from './config.ts'
import { Customers } from './domain/customers.ts'
import { notificationService } from './notification.module.ts'
import { teller } from './tell.ts'

configureLogging({ level: 'silent' })

let broker: BrokerProcess
let testing: TestDatabase
let simulators: Simulators & AsyncDisposable
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let app: NestFastifyApplication
let database: Database
let vault: Awaited<ReturnType<typeof testVault>>

beforeAll(async () => {
  directory = await temporaryDirectory()
  ;[broker, testing, simulators] = await Promise.all([
    startBroker(),
    testDatabase('notification'),
    startSimulators(directory.path),
  ])
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await admin.createTopics({ topics: topicNames.map((topic) => ({ topic, numPartitions: 2 })) })
  await admin.disconnect()
  database = new Database(testing.url)
  vault = await testVault()
  const parsed = parseConfig(notificationEnvironment, {
    ...{ PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: broker.brokers, SMTP_PORT: String(simulators.smtpPort) },
    ...vault.settings,
    ...{ SIMULATORS_URL: simulators.url, NOTIFICATION_BACKOFF_MS: '50', NOTIFICATIONS_PER_HOUR: '10' },
  })
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  app = await createApplication(notificationService(parsed.config).module)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
}, 60_000)
afterAll(async () => {
  await app?.close()
  await simulators?.stop()
  await database?.close()
  await testing?.drop()
  await vault?.remove()
  await broker?.close()
  await directory?.[Symbol.asyncDispose]()
})

const prefer = (customerId: string, body: object) =>
  request(app.getHttpServer())
    .put(`/customers/${customerId}/notification-preferences`)
    .set('idempotency-key', randomUUID())
    .send({ locale: 'de', timeZone: 'Europe/Berlin', ...body })

/** Begins so many of them; answers the orders. */
const say = async (customerId: string, count: number): Promise<string[]> => {
  const { tell } = teller({
    customers: new Customers([]),
    limits: { perHour: 10, overdraft: 20 },
    personal: vault.personal,
  })
  const orders = Array.from({ length: count }, () => randomUUID())
  await new GroupCommit(database).submit({
    run: async (uow) => {
      for (const orderId of orders) {
        const consequences = new Consequences(
          { id: randomUUID(), correlationId: orderId },
          '/waybill/notification',
          uow.now,
        )
        await tell(uow, consequences, { kind: 'order_completed', orderId, customerId, values: { orderId } })
      }
    },
  })
  return orders
}
const taken = async (to: string) => (await simulators.get(`/sms?to=${encodeURIComponent(to)}`)).body.items
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 30_000, interval: 50 })

test('what a customer prefers is kept, and obeyed through the queue; what is over the hour waits', async () => {
  const answer = await prefer('nina', { addresses: { sms: '+4917000001' }, channels: { default: ['sms'] } })
  expect([answer.status, answer.body.isDefault]).toEqual([200, false])
  await say('nina', 12)
  await eventually(async () => (await taken('+4917000001')).length).toBe(10)
  await eventually(async () => {
    const { body } = await request(app.getHttpServer()).get('/notifications?customerId=nina')
    return body.items.map(({ status }: { status: string }) => status).sort()
  }).toEqual([...Array(10).fill('sent'), 'waiting', 'waiting'])
})

test('a gateway that is away is asked three times, then it is parked', async () => {
  await prefer('walt', { addresses: { sms: '+4917000002' }, channels: { default: ['sms'] } })
  await simulators.put('/sms/settings', { faultRate: 1 })
  await say('walt', 1)
  await eventually(async () => {
    const { body } = await request(app.getHttpServer()).get('/notifications?customerId=walt')
    return body.items[0]
  }).toMatchObject({ status: 'failed', tries: 3, priority: 'normal', channel: 'sms' })
  const [parked] = await database.query<{ topic: string; status: string }>('SELECT topic, status FROM parked_messages')
  expect(parked).toEqual({ topic: 'notifications-normal', status: 'dead' })
})

test('what is asked for wrongly is named', async () => {
  const pointersOf = ({ body }: { body: { errors: { pointer: string }[] } }) =>
    body.errors.map(({ pointer }) => pointer)
  const wrong = await prefer('xena', {
    timeZone: 'Mars',
    channels: { default: ['email'] },
    quietHours: { from: '25:00', to: '1' },
  })
  expect([wrong.status, pointersOf(wrong).sort()]).toEqual([400, ['/quietHours/from', '/quietHours/to', '/timeZone']])
  const unaddressed = await prefer('xena', { channels: { order_shipped: ['sms'] }, fallback: 'push' })
  expect([unaddressed.status, pointersOf(unaddressed)]).toEqual([400, ['/channels/order_shipped/0', '/fallback']])
  const preview = await request(app.getHttpServer()).get(
    '/notifications/preview?template=order_shipped&locale=sv&name=%3Cb%3E',
  )
  expect(preview.body).toMatchObject({ version: 1, html: expect.stringContaining('Hej &lt;b&gt;,') })
})
