import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { Database } from '#libs/database'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import type { HandlersOf } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { deliver, type TestDatabase, testDatabase, testVault } from '#libs/testing'
import { freshSecret, readSecrets, signedHeaders } from '#libs/webhooks'
import { prepareCarrierSecrets } from '../../../scripts/key-files.ts'
import { type Simulators, startSimulators, temporaryDirectory } from '../../simulators/src/testing/simulators.ts'
import { consumers } from './consumers.ts'
import { fulfillmentService } from './fulfillment.module.ts'

configureLogging({ level: 'silent' })

let simulators: Simulators
let app: NestFastifyApplication
let testing: TestDatabase
let vault: Awaited<ReturnType<typeof testVault>>
let folder: Awaited<ReturnType<typeof temporaryDirectory>>

const secretFile = () => join(folder.path, 'carrier-webhook.secrets')

const startService = async (port: number): Promise<number> => {
  // No broker is there: what is to be published stays in the outbox, where the tests look at it.
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  const address = { CARRIER_CALLBACK_URL: `http://127.0.0.1:${port}`, SIMULATORS_URL: simulators.url }
  const secrets = { CARRIER_WEBHOOK_SECRET_FILE: secretFile(), ...vault.settings }
  app = await createApplication(
    fulfillmentService({ ...parsed.config, ...address, ...secrets, CARRIER_CONNECTIONS: 16 }).module,
  )
  await app.listen(port, '127.0.0.1')
  return Number(new URL(await app.getUrl()).port)
}

let port: number
beforeAll(async () => {
  folder = await temporaryDirectory()
  testing = await testDatabase('fulfillment')
  vault = await testVault()
  prepareCarrierSecrets(secretFile())
  simulators = await startSimulators(folder.path, { CARRIER_WEBHOOK_SECRET_FILE: secretFile() })
  // The carrier must know the port before the service has it: take a free one, then that one again.
  port = await startService(0)
  await app.close()
  await startService(port)
})
const settings = (changes: object) => simulators.put('/carrier/settings', changes)
beforeEach(() =>
  settings({ latencyMs: 0, dispatchMs: 20, deliveryMs: 20, faultRate: 0, impossibleRate: 0, webhookLossRate: 0 }),
)
afterAll(async () => {
  await app.close()
  await simulators.stop()
  await testing.drop()
  await vault.remove()
  await folder[Symbol.asyncDispose]()
})

type Type = keyof HandlersOf<'fulfillment-commands' | 'orders' | 'payments' | 'inventory'>
const customerId = 'cust-0001'
const address = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
let count = 0
const newOrder = (): string => uuidFrom(`order ${++count}`)

/** A command, or a fact of a choreographed order, arrives, as the consumer would bring it. */
const command = <T extends Exclude<Type, 'stock.received'>>(type: T, data: DataOf<T>) =>
  deliver(app, { service: 'fulfillment', handlers: consumers }, type, data)
const ship = (orderId: string, postalCode = address.postalCode) =>
  command('shipment.ship', {
    ...{ orderId, customerId, address: { ...address, postalCode } },
    lines: [{ sku: 'MUG', quantity: 1 }],
  })
const cancel = (orderId: string) => command('shipment.cancel', { orderId, customerId })

const published = async (orderId: string): Promise<string[]> => {
  const rows = await app
    .get(Database)
    .query<{ type: string; key: string }>(
      `SELECT headers->>'ce_type' AS type, key FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
      orderId,
    )
  for (const { key } of rows) expect(key).toBe(customerId)
  return rows.map(({ type }) => type)
}
const expectPublished = (orderId: string, ...types: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await published(orderId)).toEqual(types), { timeout: 20_000, interval: 10 })
const atCarrier = async (orderId: string): Promise<{ shipmentId: string; trackingNumber: string; status: string }[]> =>
  (await simulators.get(`/carrier/shipments?orderId=${orderId}`)).body.items

describe('a choreographed order', () => {
  const total = { amount: 890, currency: 'EUR' }
  const lines = [{ sku: 'MUG', quantity: 1 }]
  const payment = { token: 'tok_ok' }
  const about = (orderId: string) => ({ orderId, customerId, total })
  const facts = {
    placed: (orderId: string) =>
      command('order.placed', {
        ...{ ...about(orderId), items: [], payment, shippingAddress: address, coordination: 'choreographed' },
      }),
    captured: (orderId: string) =>
      command('payment.captured', { orderId, customerId, captureId: 'c-1', amount: total }),
    reserved: (orderId: string) => command('stock.reserved', { orderId, customerId, lines }),
  }
  const overdue = (orderId: string, awaiting: DataOf<'order.overdue'>['awaiting']) =>
    command('order.overdue', { ...about(orderId), awaiting, lines, payment, shippingAddress: address })
  const recalled = (orderId: string) => command('order.recalled', { ...about(orderId), reason: 'customer_request' })

  test.each([
    ['placed', 'reserved', 'captured'],
    ['captured', 'placed', 'reserved'],
    ['reserved', 'captured', 'placed'],
  ] as const)('is shipped once %s, %s and %s are all known, each heard twice', async (...order) => {
    const orderId = newOrder()
    for (const fact of order) {
      expect(await published(orderId)).toEqual([])
      await facts[fact](orderId)
      if (fact !== order.at(-1)) await facts[fact](orderId)
    }
    await expectPublished(orderId, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered')
    await facts.captured(orderId)
    expect(await published(orderId)).toHaveLength(3)
    expect(await atCarrier(orderId)).toMatchObject([{ status: 'delivered' }])
  })

  test('that was recalled is not shipped by what comes later', async () => {
    const orderId = newOrder()
    await facts.placed(orderId)
    await facts.reserved(orderId)
    await recalled(orderId)
    await facts.captured(orderId)
    await expectPublished(orderId, 'shipment.cancelled', 'shipment.cancelled')
    expect(await atCarrier(orderId)).toEqual([])
  })

  test('that is overdue is looked at again, and still not shipped before everything is known', async () => {
    await settings({ dispatchMs: 60_000 })
    const orderId = newOrder()
    await facts.placed(orderId)
    await facts.reserved(orderId)
    await overdue(orderId, 'shipment.booked')
    await overdue(orderId, 'payment.captured')
    expect(await published(orderId)).toEqual([])
    await facts.captured(orderId)
    await expectPublished(orderId, 'shipment.booked')
    await overdue(orderId, 'shipment.booked')
    await expectPublished(orderId, 'shipment.booked', 'shipment.booked')
    await overdue(orderId, 'shipment.delivered')
    await overdue(orderId, 'shipment.cancelled')
    await expectPublished(orderId, 'shipment.booked', 'shipment.booked', 'shipment.cancelled')
  })
})

describe('the way of a parcel', () => {
  test('booked, dispatched, delivered, as the carrier reports it', async () => {
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered')
    expect(await atCarrier(order)).toMatchObject([{ status: 'delivered' }])
  })

  test('to where nobody delivers', async () => {
    const order = newOrder()
    await ship(order, '00000')
    await expectPublished(order, 'shipment.impossible')
  })

  test('called back before it leaves', async () => {
    await settings({ dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked')
    await cancel(order)
    await expectPublished(order, 'shipment.booked', 'shipment.cancelled')
    expect(await atCarrier(order)).toMatchObject([{ status: 'cancelled' }])
    await ship(order)
    await expectPublished(order, 'shipment.booked', 'shipment.cancelled', 'shipment.cancelled')
  })

  test('called back while it is being booked', async () => {
    await settings({ latencyMs: 50, dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await cancel(order)
    await expectPublished(order, 'shipment.booked', 'shipment.cancelled')
    expect(await atCarrier(order)).toMatchObject([{ status: 'cancelled' }])
  })

  test('called back too late', async () => {
    const order = newOrder()
    await ship(order)
    const all = ['shipment.booked', 'shipment.dispatched', 'shipment.delivered']
    await expectPublished(order, ...all)
    await cancel(order)
    await expectPublished(order, ...all, 'shipment.cancellation-refused')
  })
})

describe('POST /carrier-events', () => {
  const post = (body: string, headers: Readonly<Record<string, string>>) =>
    request(app.getHttpServer())
      .post('/carrier-events')
      .set({ 'content-type': 'application/json', ...headers })
      .send(body)
  const signed = (body: string, at = new Date(), id = randomUUID()) =>
    signedHeaders(id, at, body, readSecrets(secretFile()))
  const report = (events: unknown) => {
    const body = JSON.stringify({ events })
    return post(body, signed(body))
  }
  const event = (orderId: string, type: string, parcel = { shipmentId: 's', trackingNumber: 't' }) => ({
    ...{ eventId: `${orderId}-${type}`, type, orderId, ...parcel },
    at: new Date().toISOString(),
  })

  test('takes every event down once, however often it is told', async () => {
    await settings({ dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked')
    const { shipmentId, trackingNumber } = (await atCarrier(order))[0]!
    const dispatched = event(order, 'dispatched', { shipmentId, trackingNumber })
    await report([dispatched, dispatched]).expect(200)
    await Promise.all([report([dispatched]).expect(200), report([dispatched]).expect(200)])
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched')
  })

  const parked = () =>
    app.get(Database).query<{ topic: string; reason: string; orderId: string | null; value: string }>(
      `SELECT topic, reason, order_id AS "orderId", convert_from(value, 'UTF8') AS value FROM parked_messages
          WHERE status = 'dead' ORDER BY id`,
    )

  test('a report that cannot be is answered by its index, put aside, and hurts no other', async () => {
    await settings({ dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked')
    const [stranger, malformed] = [event(newOrder(), 'delivered'), { eventId: 'e', type: 'lost' }]
    const events = [stranger, malformed, event(order, 'dispatched'), null]
    const answer = await report(events).expect(200)
    expect(answer.body).toMatchObject({ received: 4, rejected: [{ index: 0 }, { index: 1 }, { index: 3 }] })
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched')
    await report(events).expect(200)
    expect((await parked()).map(({ value, ...row }) => ({ ...row, content: JSON.parse(value) }))).toEqual([
      { topic: 'carrier-events', reason: 'unprocessable', orderId: stranger.orderId, content: stranger },
      { topic: 'carrier-events', reason: 'invalid_data', orderId: null, content: malformed },
      { topic: 'carrier-events', reason: 'invalid_data', orderId: null, content: null },
    ])
  })

  test('believes the carrier only: not what is unsigned, changed, old, or shown again', async () => {
    await settings({ dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked')
    const { shipmentId, trackingNumber } = (await atCarrier(order))[0]!
    const body = JSON.stringify({ events: [event(order, 'dispatched', { shipmentId, trackingNumber })] })
    const old = signed(body, new Date(Date.now() - 301_000))
    for (const headers of [{}, old, signed(`${body} `), signedHeaders('id', new Date(), body, [freshSecret()])]) {
      const answer = await post(body, headers).expect(401)
      expect(answer.body).toMatchObject({ type: 'urn:waybill:problem:unsigned-webhook', status: 401 })
    }
    await expectPublished(order, 'shipment.booked')
    const good = signed(body)
    await post(body, good).expect(200)
    const answer = await post(body, good).expect(401)
    expect(answer.body.detail).toMatch(/was received before/)
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched')
  })

  test('says what it cannot read', async () => {
    const answer = await report('none').expect(400)
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain('/events')
  })
})

describe('a parcel that comes back', () => {
  const quick = { handoverMs: 10, returnMs: 10, returnLossRate: 0, returnImpossibleRate: 0, inspectionRefusalRate: 0 }
  beforeEach(() => settings(quick))
  const newReturn = () => ({ orderId: newOrder(), customerId, returnId: uuidFrom(`return ${count}`) })
  const lines = [
    { sku: 'MUG', quantity: 2 },
    { sku: 'BOWL', quantity: 1 },
  ]
  const issueLabel = (about: ReturnType<typeof newReturn>) =>
    command('return.issue-label', { ...about, address, lines })
  const arrived = ['return.label-issued', 'return.received']

  test('gets a label, arrives, and is inspected line by line, once', async () => {
    await settings({ inspectionRefusalRate: 0.5 })
    const about = newReturn()
    await issueLabel(about)
    await expectPublished(about.orderId, ...arrived)
    expect(await atCarrier(about.orderId)).toMatchObject([{ returnId: about.returnId, status: 'delivered' }])
    await command('return.inspect', about)
    await expectPublished(about.orderId, ...arrived, 'return.inspected')
    await command('return.inspect', about)
    await expectPublished(about.orderId, ...arrived, 'return.inspected', 'return.inspected')
    const found = await app
      .get(Database)
      .query<{ value: string }>(
        `SELECT value FROM outbox WHERE headers->>'correlationid' = $1 AND headers->>'ce_type' = 'return.inspected'`,
        about.orderId,
      )
    const [first, second] = found.map(({ value }) => JSON.parse(value) as DataOf<'return.inspected'>)
    expect(second).toEqual(first)
    const all = [...first!.accepted, ...first!.refused]
    expect(all).toHaveLength(2)
    expect(all).toEqual(expect.arrayContaining(lines))
  })

  test('or does not: no label, lost on the way, called off', async () => {
    await settings({ returnImpossibleRate: 1 })
    const nowhere = newReturn()
    await issueLabel(nowhere)
    await expectPublished(nowhere.orderId, 'return.impossible')
    await settings({ returnImpossibleRate: 0, returnLossRate: 1 })
    const lost = newReturn()
    await issueLabel(lost)
    await expectPublished(lost.orderId, 'return.label-issued', 'return.lost')
    await settings({ returnLossRate: 0, handoverMs: 60_000 })
    const calledOff = newReturn()
    await issueLabel(calledOff)
    await expectPublished(calledOff.orderId, 'return.label-issued')
    await command('return.cancel', calledOff)
    await expectPublished(calledOff.orderId, 'return.label-issued', 'return.cancelled')
    expect(await atCarrier(calledOff.orderId)).toMatchObject([{ status: 'cancelled' }])
  })

  test('is asked for at the carrier when its report was lost', async () => {
    await settings({ webhookLossRate: 1 })
    const about = newReturn()
    await issueLabel(about)
    await vi.waitFor(async () => expect(await atCarrier(about.orderId)).toMatchObject([{ status: 'delivered' }]))
    await expectPublished(about.orderId, 'return.label-issued')
    await command('return.track', about)
    await expectPublished(about.orderId, ...arrived)
  })
})

describe('a parcel that nothing is heard of', () => {
  const track = (orderId: string) => command('shipment.track', { orderId, customerId })

  test('is asked for at the carrier, whose answer is as good as its report', async () => {
    await settings({ webhookLossRate: 1 })
    const order = newOrder()
    await ship(order)
    await vi.waitFor(async () => expect(await atCarrier(order)).toMatchObject([{ status: 'delivered' }]))
    await expectPublished(order, 'shipment.booked')
    await track(order)
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered')
    await track(order)
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered', 'shipment.delivered')
  })

  test('and is still where it was: nothing is said', async () => {
    await settings({ dispatchMs: 60_000 })
    const order = newOrder()
    await ship(order)
    await expectPublished(order, 'shipment.booked')
    await track(order)
    await vi.waitFor(async () =>
      expect(await app.get(Database).query('SELECT FROM effects WHERE key = $1', order)).toEqual([]),
    )
    expect(await published(order)).toEqual(['shipment.booked'])
  })
})

test('what follows a report names the report', async () => {
  const order = newOrder()
  await ship(order)
  await expectPublished(order, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered')
  const { shipmentId } = (await atCarrier(order))[0]!
  const rows = await app
    .get(Database)
    .query<{ causation: string }>(
      `SELECT headers->>'causationid' AS causation FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
      order,
    )
  expect(rows.slice(1).map(({ causation }) => causation)).toEqual([
    `${shipmentId}-dispatched`,
    `${shipmentId}-delivered`,
  ])
})

test('a service that was away hears everything once it is back', async () => {
  await settings({ dispatchMs: 200 })
  const orders = Array.from({ length: 20 }, newOrder)
  await Promise.all(orders.map((order) => ship(order)))
  await app.close()
  await startService(port)
  for (const order of orders)
    await expectPublished(order, 'shipment.booked', 'shipment.dispatched', 'shipment.delivered')
  for (const order of orders) expect(await atCarrier(order)).toHaveLength(1)
})

/** Asks, and asks again whenever the answer was that there was none, as the saga does. */
const insist = async (orderId: string): Promise<void> => {
  let facts = await published(orderId)
  while (!facts.includes('shipment.booked')) {
    const known = facts.length
    await ship(orderId)
    const more = async () => {
      facts = await published(orderId)
      expect(facts.length).toBeGreaterThan(known)
    }
    await vi.waitFor(more, { timeout: 20_000, interval: 20 })
  }
}

test('a carrier that fails before or after doing the work ships every parcel once', async () => {
  await settings({ faultRate: 0.4 })
  const orders = Array.from({ length: 30 }, newOrder)
  await Promise.all(orders.map(insist))
  const delivered = async () => {
    for (const order of orders) expect(await published(order)).toContain('shipment.delivered')
  }
  await vi.waitFor(delivered, { timeout: 20_000, interval: 20 })
  for (const order of orders) expect(await atCarrier(order)).toHaveLength(1)
}, 60_000)
