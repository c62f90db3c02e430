import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { ensureTopics, kafkaClient, topicOffsets } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { simulatorsModule } from '../simulators.module.ts'
import { temporaryDirectory } from '../testing/simulators.ts'

configureLogging({ level: 'silent' })
let broker: BrokerProcess
let url: string
const cleanUp: (() => unknown)[] = []

beforeAll(async () => {
  broker = await startBroker()
  const directory = await temporaryDirectory()
  const app = await createApplication(
    await simulatorsModule({
      ...{
        HOST: '127.0.0.1',
        PORT: 0,
        SMTP_PORT: 0,
        DATA_DIR: directory.path,
        LOG_LEVEL: 'silent',
        LOG_FORMAT: 'json',
        SERVICE_AUTH: 'off',
        OIDC_ISSUER: 'http://issuer.example/issuer',
        OIDC_AUDIENCE: 'waybill',
      },
      ...{ RETENTION_DAYS: 30, RETENTION_ROWS: 1_000, KAFKA_BROKERS: [broker.brokers] },
      ...{ PRODUCTS_FILE: 'data/products.json', CUSTOMERS_FILE: 'data/customers.json' },
    }),
  )
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  cleanUp.push(
    () => directory[Symbol.asyncDispose](),
    () => broker.close(),
    () => app.close(),
  )
})
afterAll(async () => {
  for (const step of cleanUp.toReversed()) await step()
})

const call = async (method: string, body?: object) => {
  const init = { method, ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) }
  const answer = await fetch(`${url}/traffic`, init)
  return { status: answer.status, body: (await answer.json()) as never }
}
const stored = async () => {
  const found = await topicOffsets({ brokers: [broker.brokers], clientId: 'test' }, ['shop-events'])
  return found.get('shop-events')!.reduce((sum, { latest }) => sum + latest, 0)
}

test('without the topic there are no visitors, and it is said why', async () => {
  expect(await call('GET')).toMatchObject({ status: 404 })
  expect(await call('POST', {})).toMatchObject({ status: 503 })
  expect(await call('GET')).toMatchObject({ body: { state: 'failed' } })
})

test('visitors come, are seen, and leave; all that they did is in the topic', async () => {
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1, { 'shop-events': { partitions: 3, retentionMs: -1 } })
  await admin.disconnect()
  const asked = { rate: 2_000, seconds: 1, seed: 7, duplicates: 0.01 }
  await expect.poll(() => call('POST', asked)).toMatchObject({ status: 202, body: { state: 'running' } })
  expect(await call('POST', asked)).toMatchObject({ status: 409 })
  await expect.poll(() => call('GET'), { timeout: 20_000 }).toMatchObject({ body: { state: 'done', failed: 0 } })
  const { body } = (await call('GET')) as { body: { sent: number; duplicates: number; acknowledged: number } }
  expect(body.sent - body.duplicates).toBe(2_000)
  expect(body.acknowledged).toBe(body.sent)
  expect(await stored()).toBe(body.sent)
})

test('they leave when they are told to', async () => {
  await call('POST', { rate: 100, seconds: 3_600, acks: 0 })
  expect(await call('DELETE')).toMatchObject({ status: 200, body: { state: 'stopped' } })
})

test.each([{ rate: 20_001 }, { seconds: 0 }, { skew: -1 }, { acks: 2 }, { unknown: 1 }])(
  '%o is refused',
  async (body) => {
    expect(await call('POST', body)).toMatchObject({ status: 400 })
  },
)
