import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { encode, topicOf } from '#libs/contracts'
import { Database } from '#libs/database'
import { ensureTopics, type KafkaPublisher, kafkaClient, kafkaPublisher } from '#libs/messaging'
import { type BrokerProcess, startBroker, type TestDatabase, testDatabase } from '#libs/testing'
import { factsOf, returnOf } from './orders.fixture.ts'
import { publish, type QueryProcess, startQuery } from './rebuild.fixture.ts'

const NAMES = ['orders', 'sales-per-minute', 'customer-history', 'product-sales', 'saga-board']
const ORDERS = 60

interface Version {
  version: number
  state: string
  detail?: string
  reason?: string
  records: number
  skipped: number
  comparison: { missing: number; added: number; differing: number; serving: number; candidate: number } | null
}
interface Projection {
  name: string
  topics: string[]
  position: number
  lag: number
  servingVersion: number | null
  commands: string[]
  versions: Version[]
}

let broker: BrokerProcess
let server: TestDatabase
let database: Database
let publisher: KafkaPublisher
let query: QueryProcess
let admin: Admin
/** Names this test's orders and customers: what other tests did before is in the topics as well. */
let run: string

beforeAll(async () => {
  broker = await startBroker()
  server = await testDatabase('query')
  database = new Database(server.url)
  publisher = kafkaPublisher({ brokers: [broker.brokers], clientId: 'test' })
  admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1)
  query = await startQuery(server.url, broker.brokers)
}, 120_000)
afterAll(async () => {
  await query.close()
  await admin.disconnect()
  await publisher.close()
  await database.close()
  await server.drop()
  await broker.close()
})
beforeEach(() => {
  run = randomUUID().slice(0, 8)
})

/** Waits for it; the test's own time limit ends a wait in vain. */
const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found) return found
    await pause(50)
  }
}

const projection = (name: string) => query.get<Projection>(`/projections/${name}`)
const endOf = async (topic: string): Promise<number> =>
  (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
/** The service's own word of its lag may be a second old, so Kafka is asked how far there is to go. */
const caughtUp = () =>
  until(async () => {
    const { items } = await query.get<{ items: Projection[] }>('/projections')
    for (const { topics, position, servingVersion } of items) {
      const ends = await Promise.all(topics.map(endOf))
      if (servingVersion === null || position < ends.reduce((sum, end) => sum + end, 0)) return false
    }
    return true
  })
const serving = (name: string, version: number) =>
  until(async () => {
    const found = await projection(name)
    return found.servingVersion === version && found
  })

const statusOf = async (orderId: string): Promise<string> =>
  (await query.get<{ status: string }>(`/orders/${orderId}`)).status

/** All that readers are told. */
const answers = async () => ({
  orders: await query.get('/orders?limit=200'),
  sales: await query.get('/sales'),
  products: await query.get('/sales/products'),
  history: await query.get(`/customers/cust-${run}-3/history`),
  board: await query.get('/saga-board?stage=completed'),
})

const facts = () =>
  Array.from({ length: ORDERS }, (_, n) => [...factsOf(run, n), ...(n % 9 === 0 ? returnOf(run, n) : [])]).flat()

test('a rebuild that is switched by hand waits; what is not legal is refused, with its reason, and is on record', {
  timeout: 120_000,
}, async () => {
  await publish(publisher, facts())
  await caughtUp()
  const refused = async (command: string, reason: string) =>
    expect(await query.call('POST', `/projections/orders/${command}`)).toMatchObject({ status: 409, body: { reason } })
  await refused('switch', 'no_rebuild')
  await refused('cancel', 'no_rebuild')
  await refused('rollback', 'nothing_kept')
  const key = randomUUID()
  const rebuild = () => query.call('POST', '/projections/orders/rebuild', { switch: 'manual' }, key)
  expect(await rebuild()).toEqual(await rebuild())
  await refused('rebuild', 'rebuild_under_way')
  const ready = await until(async () => {
    const found = await projection('orders')
    return found.versions[0]!.state === 'ready' && found
  })
  expect(ready).toMatchObject({ servingVersion: 1, commands: ['switch', 'cancel'] })
  expect((await query.call('POST', '/projections/orders/cancel')).status).toBe(202)
  expect((await projection('orders')).versions[0]).toMatchObject({
    ...{ version: 2, state: 'retired', detail: 'cancelled by operator:ann' },
  })
  expect((await query.call('POST', '/projections/orders/rebuild', { switch: 'manual' })).body).toMatchObject({
    version: 3,
  })
  await until(async () => (await query.call('POST', '/projections/orders/switch')).status === 202)
  await serving('orders', 3)
  expect((await query.call('POST', '/projections/nothing/rebuild')).status).toBe(404)
  const trail = await query.get<{ items: { action: string; outcome: string }[] }>('/internal/audit')
  const deeds = trail.items.map(({ action, outcome }) => `${action} ${outcome}`).reverse()
  expect(deeds.slice(0, 5)).toEqual([
    ...['projection.switch refused', 'projection.cancel refused', 'projection.rollback refused'],
    ...['projection.rebuild done', 'projection.rebuild refused'],
  ])
})

test('every projection is rebuilt beside the one that serves, found the same, switched in and back', {
  timeout: 120_000,
}, async () => {
  await publish(publisher, facts())
  // A message that is twice in its topic counts once, in the new version too.
  await publish(publisher, factsOf(run, 0))
  await caughtUp()
  const before = await answers()
  // Three of the nine were cancelled and refunded, and of one that was completed a piece came back.
  const returned = { amount: 3 * 1_780 + 890, currency: 'EUR' }
  expect(before.history).toMatchObject({ totals: [{ currency: 'EUR', orders: 9, completed: 3, returned }] })
  for (const name of NAMES) {
    const first = (await projection(name)).servingVersion!
    const asked = await query.call('POST', `/projections/${name}/rebuild`, { reason: 'to see' })
    expect(asked).toMatchObject({ status: 202, body: { projection: name, version: first + 1, accepted: 'rebuild' } })
    const { versions } = await serving(name, first + 1)
    expect(versions[0]).toMatchObject({
      state: 'serving',
      comparison: { missing: 0, added: 0, differing: 0, serving: expect.any(Number) },
    })
    expect(versions[0]!.comparison!.candidate).toBe(versions[0]!.comparison!.serving)
    expect(versions[0]!.comparison!.candidate).toBeGreaterThan(0)
    expect(versions[0]!.records).toBeGreaterThanOrEqual(ORDERS)
    expect(versions[1]).toMatchObject({ version: first, state: 'kept' })
  }
  expect(await answers()).toEqual(before)

  // Both versions are fed.
  const another = factsOf(run, ORDERS)
  await publish(publisher, another)
  await until(async () => (await statusOf(another[0]!.subject)) === 'completed')
  await caughtUp()
  const grown = await answers()
  expect(grown).not.toEqual(before)
  const { servingVersion } = await projection('orders')
  expect((await query.call('POST', '/projections/orders/rollback')).status).toBe(202)
  await serving('orders', servingVersion! - 1)
  expect(await answers()).toEqual(grown)
})

test('what could not be handled is left out of a rebuild as it is live, and what was amended is what it became', {
  timeout: 120_000,
}, async () => {
  const [placed, ...others] = factsOf(run, 0)
  const { key, value, headers } = encode(placed!)
  await publisher.publish([
    { topic: topicOf(placed!.type), record: { key, value: value.replace('"items"', '"itemz"'), headers } },
    { topic: topicOf(placed!.type), record: { key, value: '{', headers } },
  ])
  await publish(publisher, others)
  const parked = await until(async () => {
    const { items } = await query.get<{ items: { id: string; offset: number }[] }>('/internal/parked')
    return items.length === 2 && items
  })
  const amended = await query.call('POST', `/internal/parked/${parked[0]!.id}/amend`, { value, reason: 'a typo' })
  expect(amended.status).toBe(202)
  const order = `/orders/${placed!.subject}`
  await until(async () => (await statusOf(placed!.subject)) === 'completed')
  await caughtUp()
  const before = await query.get(order)
  const { version } = (await query.call<{ version: number }>('POST', '/projections/orders/rebuild')).body
  const { versions } = await serving('orders', version)
  expect(versions[0]).toMatchObject({ skipped: 1, comparison: { missing: 0, added: 0, differing: 0 } })
  expect(await query.get(order)).toEqual(before)
})

test('a version that lacks what the serving one has waits for a person', { timeout: 120_000 }, async () => {
  await publish(publisher, facts())
  await caughtUp()
  const { servingVersion } = await projection('orders')
  const table = `projections.order_views_${servingVersion}`
  await database.execute(
    `INSERT INTO ${table} (order_id, status, progress, timeline) VALUES ($1::uuid, 'placed', '{}', '')`,
    randomUUID(),
  )
  await database.execute(`UPDATE ${table} SET status = 'shipped' WHERE customer_id = $1`, `cust-${run}-3`)
  const { version } = (await query.call<{ version: number }>('POST', '/projections/orders/rebuild')).body
  const ready = await until(async () => {
    const found = await projection('orders')
    return found.versions[0]!.state === 'ready' && found.versions[0]
  })
  expect(ready).toMatchObject({ comparison: { missing: 1, added: 0, differing: 9 } })
  expect(ready.detail).toContain('1 rows of the version that serves are missing')
  expect((await query.call('POST', '/projections/orders/switch')).status).toBe(202)
  await serving('orders', version)
})

test('two processes share a rebuild, under messages that go on, and no reader sees less than before', {
  timeout: 120_000,
}, async () => {
  const other = await startQuery(server.url, broker.brokers)
  onTestFinished(() => other.close())
  await publish(publisher, facts())
  await caughtUp()
  const before = (await projection('orders')).servingVersion!
  let placing = true
  const sold = async (from: QueryProcess): Promise<number> => {
    const { items } = await from.get<{ items: { orders: number }[] }>('/sales/products?sku=MUG')
    return items.reduce((sum, { orders }) => sum + orders, 0)
  }
  const soldBefore = await sold(query)
  let [placed, seen, looks] = [ORDERS, soldBefore, 0]
  const load = (async () => {
    for (; placing; placed++) await publish(publisher, factsOf(run, placed))
  })()
  const reading = (async () => {
    while (placing) {
      const now = await sold(other)
      expect(now).toBeGreaterThanOrEqual(seen)
      seen = now
      looks++
    }
  })()
  const first = (await projection('product-sales')).servingVersion!
  await query.call('POST', '/projections/product-sales/rebuild')
  await query.call('POST', '/projections/orders/rebuild')
  await serving('product-sales', first + 1)
  await serving('orders', before + 1)
  placing = false
  await Promise.all([load, reading])
  expect(looks).toBeGreaterThan(3)
  await caughtUp()
  for (const name of ['product-sales', 'orders'])
    expect((await projection(name)).versions[0]!.comparison).toMatchObject({ missing: 0, added: 0, differing: 0 })
  // Every third order of a run is completed.
  expect((await sold(query)) - soldBefore).toBe(Math.ceil(placed / 3) - ORDERS / 3)
})

test('a definition that says more is filled by itself at the next start, while readers have what there was', {
  timeout: 120_000,
}, async () => {
  await publish(publisher, facts())
  await caughtUp()
  const sales = () => query.get<{ items: { returned: { quantity: number } }[] }>('/sales/products?sku=MUG')
  const before = await sales()
  expect(before.items.reduce((sum, { returned }) => sum + returned.quantity, 0)).toBeGreaterThan(0)
  // As an earlier definition has left it, which knew of no returns.
  const first = (await projection('product-sales')).servingVersion!
  await database.execute(`UPDATE projection_versions SET revision = 1 WHERE projection = 'product-sales'`)
  await database.execute(`UPDATE projections.product_sales_${first} SET returned_quantity = 0, returned_amount = 0`)
  await database.execute(`UPDATE projections.sold_orders_${first} SET state = (state::jsonb - 'returned')::json`)
  const restarted = await startQuery(server.url, broker.brokers)
  onTestFinished(() => restarted.close())
  const { versions } = await serving('product-sales', first + 1)
  expect(versions[0]).toMatchObject({ state: 'serving', reason: 'revision 2 of its definition' })
  expect(versions[0]!.comparison!.differing).toBeGreaterThan(0)
  expect(await sales()).toEqual(before)
})
