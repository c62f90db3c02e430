import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeShopEvent } from '#libs/contracts'
import { createApplication } from '#libs/http'
import { StreamProducer } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { generate, readShop, trafficOptions } from '#libs/traffic'
import { analyticsService } from '../analytics.module.ts'

configureLogging({ level: 'silent' })
let broker: BrokerProcess
let server: TestDatabase
let folder: string
let app: NestFastifyApplication
let url: string

beforeAll(async () => {
  broker = await startBroker()
  server = await testDatabase('analytics')
  folder = await mkdtemp(join(tmpdir(), 'waybill-history-'))
  const { module } = analyticsService({
    ...{ HOST: '127.0.0.1', PORT: 0, DATABASE_URL: server.url, KAFKA_BROKERS: [broker.brokers] },
    ...{
      PRODUCER_COMPRESSION: 'snappy',
      LOG_LEVEL: 'silent',
      LOG_FORMAT: 'json',
      SERVICE_AUTH: 'off',
      TRACES_PER_SECOND: 0,
    },
    ...{ INSTANCE_ID: 'one', MAX_STATE_ENTRIES: 1_000_000, STANDBYS: 0, ARCHIVE: folder, ARCHIVE_FILE_SECONDS: 1 },
  })
  app = await createApplication(module)
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
})
afterAll(async () => {
  await app.close()
  await server.drop()
  await broker.close()
  await rm(folder, { recursive: true })
})

interface Looked {
  readonly items: readonly { readonly state: string; readonly compared: number; readonly differences: unknown[] }[]
}
const look = async () => (await (await fetch(`${url}/analytics/reconciliation`)).json()) as Looked

test('what is archived is what was streamed, and both count the same', async () => {
  // Of ten minutes, so that the visits of the first are over.
  const options = trafficOptions.parse({
    ...{ rate: 7, seconds: 600, seed: 7, late: 0.05, duplicates: 0.02, visitors: 60 },
    start: Date.now() - 600_000,
  })
  const shop = await readShop({ products: 'data/products.json', customers: 'data/customers.json' })
  const kafka = { brokers: [broker.brokers], clientId: 'test', topic: 'shop-events', acks: 1 } as const
  let producer: StreamProducer | undefined
  await expect
    .poll(async () => (producer = await StreamProducer.open(kafka).catch(() => undefined)), { timeout: 30_000 })
    .toBeDefined()
  for (const { event } of generate(options, shop)) producer!.offer(event.session, writeShopEvent(event))
  await producer!.flush()
  producer!.close()
  // Whoever is behind, stream, sink or archive, the hours differ until all have come to the end.
  await expect
    .poll(
      async () => {
        await fetch(`${url}/analytics/reconciliation`, { method: 'POST' })
        const { items } = await look()
        return items.length > 0 && items.every(({ state }) => state === 'equal') && items
      },
      { timeout: 50_000, interval: 1_000 },
    )
    .toBeTruthy()
  const { items } = await look()
  expect(items.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(300)
  const visits = await fetch(`${url}/analytics/visits?step=1h&by=device`)
  const counted = (await visits.json()) as { items: readonly { readonly visits: number }[] }
  expect(counted.items.reduce((sum, { visits }) => sum + visits, 0)).toBeGreaterThan(10)
})
