import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { defineService } from './define-service.ts'

configureLogging({ level: 'silent' })

let testing: TestDatabase
let app: NestFastifyApplication
beforeAll(async () => {
  testing = await testDatabase('query')
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  app = await createApplication(defineService({ name: 'query', config: parsed.config, handlers: {} }).module)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
})
afterAll(async () => {
  await app?.close()
  await testing?.drop()
})

const http = () => request(app.getHttpServer())
const deed = (actor: string) => ({ actor, action: 'POST /api/traffic', target: '/api/traffic', detail: '403: no' })
const put = (key: string, deeds: object[]) =>
  http().post('/internal/audit/refusals').set('Idempotency-Key', key).send({ deeds })

test('what the gateway did not let through is on record, once, in the order in which it came', async () => {
  await put('one', [deed('unknown:203.0.113.0/24'), deed('operator:sam')]).expect(204)
  await put('one', [deed('unknown:203.0.113.0/24'), deed('operator:sam')]).expect(204)
  await put('two', [deed('customer:cust-0001')]).expect(204)
  const { body } = await http().get('/internal/audit').expect(200)
  expect(body.items).toMatchObject([
    { seq: 3, ...deed('customer:cust-0001'), outcome: 'refused' },
    { seq: 2, ...deed('operator:sam'), outcome: 'refused' },
    { seq: 1, ...deed('unknown:203.0.113.0/24'), outcome: 'refused' },
  ])
  expect((await http().get('/internal/audit/verify')).body).toEqual({ holds: true, entries: 3 })
})

test.each([[[]], [[{ ...deed('a'), outcome: 'done' }]], [[{ ...deed('a'), detail: 'x'.repeat(2_001) }]]])(
  'nothing else is: %j',
  async (deeds) => {
    await put('three', deeds).expect(400)
    expect((await http().get('/internal/audit?limit=1')).body.items[0].seq).toBe(3)
  },
)
