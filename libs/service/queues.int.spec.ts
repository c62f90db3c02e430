import { Injectable } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataOf, type Message, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import {
  done,
  enqueue,
  KafkaBatchServer,
  priorityQueues,
  type Worked,
  WorkQueues,
  Works,
  workedBy,
} from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { kafkaClient } from '../messaging/kafka-client.ts'
import { defineService, type Service } from './define-service.ts'

configureLogging({ level: 'silent' })

const { high, low } = priorityQueues(
  'notices',
  { types: ['notification.sent'], tries: 1 },
  { high: { workers: 3 }, low: { workers: 1, visibilityMs: 60_000 } },
)
const SLOW = 'slow'
/** Low work that takes as long as it may. */
const slow = Promise.withResolvers<void>()
let isBroken = false

@Injectable()
class Notices {
  @Works(high)
  async tell(message: Message<'notification.sent'>): Promise<Worked> {
    if (isBroken) throw new Error('a bug')
    return done(async ({ uow }) => void (await uow.execute('INSERT INTO told (id) VALUES ($1)', message.id)))
  }
}

let broker: BrokerProcess
let testing: TestDatabase
let app: NestFastifyApplication

const serviceWith = (definition: Partial<Parameters<typeof defineService>[0]>): Service => {
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: broker.brokers }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  return defineService({ name: 'notification', config: parsed.config, handlers: {}, ...definition })
}

beforeAll(async () => {
  broker = await startBroker()
  testing = await testDatabase('notification')
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await admin.createTopics({ topics: [high, low].map(({ name }) => ({ topic: name, numPartitions: 2 })) })
  await admin.disconnect()
  const service = serviceWith({
    queues: [
      { queue: high },
      workedBy(low, {
        work: async ({ subject }) => {
          if (subject === SLOW) await slow.promise
          return undefined
        },
      }),
    ],
    providers: [Notices],
  })
  app = await createApplication(service.module)
  // As runService does: what is redriven is released there.
  app.connectMicroservice({ strategy: app.get(KafkaBatchServer) })
  await app.startAllMicroservices()
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  await app.get(Database).execute('CREATE TABLE told (id text NOT NULL)')
})
afterAll(async () => {
  slow.resolve()
  await app?.close()
  await testing?.drop()
  await broker?.close()
})

const messageOf = (name: string): Message<'notification.sent'> => {
  const id = uuidFrom(name)
  const data: DataOf<'notification.sent'> = {
    ...{ notificationId: id, orderId: id, customerId: 'ada', kind: 'order_shipped', channel: 'email', to: 'ada' },
  }
  return {
    ...{ id, type: 'notification.sent', source: '/waybill/test', subject: name, key: 'ada', data },
    ...{ time: '2026-01-01T00:00:00.000Z', correlationId: id, causationId: id },
  }
}
const told = async () => (await app.get(Database).query<{ id: string }>('SELECT id FROM told')).map(({ id }) => id)
const put = (queue: typeof high, ...messages: Message<'notification.sent'>[]) =>
  app.get(GroupCommit).submit({
    run: async (uow) => {
      for (const message of messages) enqueue(uow, queue, message)
    },
  })
const eventually = (check: () => unknown) => expect.poll(check, { timeout: 30_000, interval: 20 })
const http = () => request(app.getHttpServer())

test('a provider works what is put into its queue, whatever waits in one of lower priority', async () => {
  await put(low, messageOf(SLOW), messageOf('low 1'), messageOf('low 2'))
  const queues = app.get(WorkQueues)
  await eventually(async () => (await queues.state(low).catch(() => undefined))?.waiting).toBe(3)
  await put(high, messageOf('high'))
  await eventually(told).toEqual([messageOf('high').id])
  expect(queues.workers(high)).toBe(3)
  queues.setWorkers(low, 2)
  await eventually(async () => (await queues.state(low)).waiting).toBe(1)
  slow.resolve()
  await eventually(async () => (await queues.state(low)).waiting).toBe(0)
})

test('what it cannot work is parked with the rest, and a redrive has it worked', async () => {
  isBroken = true
  await put(high, messageOf('dead'))
  const parked = async () => (await http().get('/internal/parked').expect(200)).body.items
  await eventually(parked).toMatchObject([{ topic: 'notices-high', status: 'dead', reason: 'handler_failed' }])
  isBroken = false
  const { body } = await http()
    .post('/internal/parked/redrive')
    .set('Idempotency-Key', 'once')
    .set('X-Actor', 'ada')
    .send({ filter: { topic: 'notices-high' }, reason: 'mended' })
    .expect(202)
  await eventually(told).toContain(messageOf('dead').id)
  expect(body.total).toBe(1)
  await eventually(parked).toEqual([])
})

test('a queue without a handler, or with two, lets no service start', async () => {
  const starting = async (definition: Partial<Parameters<typeof defineService>[0]>) => {
    const other = await createApplication(serviceWith(definition).module)
    try {
      await other.init()
    } finally {
      await other.close().catch(() => {})
    }
  }
  await expect(starting({ queues: [{ queue: low }] })).rejects.toThrow('queue notices-low has no handler')
  @Injectable()
  class More extends Notices {}
  await expect(starting({ queues: [{ queue: high }], providers: [Notices, More] })).rejects.toThrow(
    'queue notices-high has two handlers',
  )
})
