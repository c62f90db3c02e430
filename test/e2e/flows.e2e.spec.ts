import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Client, type Coordination, type Order, type OrderOptions, orderOf } from '../support/client.ts'
import { holesIn, type SeenSpan } from '../support/collector.ts'
import { type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { commandsFor } from '../support/order-sequence.ts'
import { secretsInLogs } from '../support/secrets-in-logs.ts'
import { asAdmin, passwordOf, type RunningSystem, startSystem, WITH_ACCESS } from '../support/system.ts'
import { kafkaOf } from '../support/topic.ts'
import { until } from '../support/until.ts'

interface Quote {
  quoteId: string
  items: { available: number; lineTotal: { amount: number } }[]
  shipping: { cost: { amount: number; currency: string }; promisedOn: string }
  total: { amount: number; currency: string }
}

/** Requests, waits in outbox and topic, handling, calls to each partner, and what the carrier reports by itself. */
const PARTS_OF_A_TRACE = [
  ...['POST /api/orders', 'POST /orders', 'order.placed in the outbox', 'order.placed on orders'],
  ...['handle order.placed', 'effect authorize', 'call authorize', 'effect capture', 'call capture', 'call book'],
  ...['carrier reports dispatched', 'carrier reports delivered', 'handle shipment.delivered', 'handle order.completed'],
]

let system: RunningSystem
let client: Client
let before: StockLevels
const orders: Order[] = []

beforeAll(async () => {
  // As in compose: on the broker each process is a user of its own, who may do what it must and nothing else.
  system = await startSystem(undefined, WITH_ACCESS)
  await asAdmin(system)
  client = new Client(system.url)
  before = await stockLevels(client)
})
afterAll(() => system?.stop())

const settings = (of: 'payment' | 'carrier', values: object) =>
  client.call('PUT', `/api/simulators/${of}/settings`, values)
afterEach(async () => {
  await settings('payment', { latencyMs: 5, declineRate: 0, faultRate: 0, timeoutRate: 0 })
  await settings('carrier', {
    latencyMs: 5,
    dispatchMs: 150,
    deliveryMs: 150,
    faultRate: 0,
    impossibleRate: 0,
    webhookLossRate: 0,
  })
})

const styles: readonly Coordination[] = ['orchestrated', 'choreographed']

/** One order of each style, at the same time. */
const inBothStyles = <T>(task: (options: { coordination: Coordination }) => Promise<T>): Promise<T[]> =>
  Promise.all(styles.map((coordination) => task({ coordination })))

const run = async (items: Record<string, number>, options: OrderOptions = {}): Promise<Order> => {
  const orderId = await client.placeSurely(orderOf(items, { customerId: `flow-${orders.length}`, ...options }))
  return ended(await client.terminal(orderId))
}
const ended = (order: Order): Order => {
  orders.push(order)
  return order
}
const ok = async (orderId: string): Promise<string[]> =>
  (await client.operations(orderId)).filter(({ result }) => result === 'ok').map(({ operation }) => operation)

test('paid, reserved, shipped and delivered', async () => {
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 2, 'MUG-BLACK-330': 1 }, style))) {
    expect(order.status).toBe('completed')
    expect(await ok(order.orderId)).toEqual(['authorize', 'capture'])
  }
})

test('an order is one trace, from the request to its third mail, and no span of it hangs in the air', async () => {
  await inBothStyles(async ({ coordination }) => {
    // With a trace of its own it is seen, however many begin in this second.
    const traceId = randomUUID().replaceAll('-', '')
    const headers = { 'idempotency-key': traceId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
    const request = orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'flow-traced', coordination })
    const { body } = await client.call<{ orderId: string }>('POST', '/api/orders', request, headers)
    ended(await client.terminal(body.orderId))
    let [missing, holes]: string[][] = [[], []]
    // Each process sends its own, a moment after they ended.
    await until('every span of it', async () => {
      const { status, body } = await client.call<{ spans: SeenSpan[] }>('GET', `/api/traces/${traceId}`)
      const spans = status === 200 ? body.spans : []
      const names = spans.map(({ name }) => name)
      missing = PARTS_OF_A_TRACE.filter((name) => !names.includes(name))
      if (names.filter((name) => name === 'call email').length < 3) missing.push('three mails')
      holes = holesIn(spans)
      return (missing.length === 0 && holes.length === 1) || undefined
    }).catch(() => {})
    expect(missing).toEqual([])
    expect(holes).toEqual(['POST /api/orders hangs on 00f067aa0ba902b7, which is not there'])
  })
})

test('a declined card: the stock is free again', async () => {
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, { token: 'tok_declined', ...style }))) {
    expect(order).toMatchObject({ status: 'rejected', reason: 'payment_declined', payment: { status: 'declined' } })
    expect(await ok(order.orderId)).toEqual([])
  }
})

test('a card that works at the second try', async () => {
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, { token: 'tok_flaky', ...style })))
    expect(order).toMatchObject({ status: 'completed' })
})

test('one line out of stock: no line is reserved and the money is let go', async () => {
  const { items } = await client.get<{ items: { sku: string; available: number }[] }>('/api/stock')
  const scarce = items.reduce((least, item) => (item.available < least.available ? item : least))
  const wanted = { 'MUG-WHITE-330': 1, [scarce.sku]: scarce.available + 1 }
  for (const order of await inBothStyles((style) => run(wanted, style))) {
    expect(order).toMatchObject({ status: 'rejected', reason: 'out_of_stock' })
    const operations = await ok(order.orderId)
    if (operations.includes('authorize')) expect(operations).toContain('void')
    expect(operations).not.toContain('capture')
  }
})

test('a provider that never answers: tried again, then given up', async () => {
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, { token: 'tok_timeout', ...style }))) {
    expect(order).toMatchObject({ status: 'rejected', reason: 'payment_timeout' })
    const saga = await client.get<{ steps: { name: string; attempts: number }[] }>(`/api/orders/${order.orderId}/saga`)
    expect(saga.steps.find(({ name }) => name === 'authorize-payment')!.attempts).toBeGreaterThan(1)
  }
})

test('cancelled before dispatch: everything is undone; asking again is the same answer', async () => {
  await settings('carrier', { dispatchMs: 60_000 })
  await inBothStyles(async (style) => {
    const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'flow-cancel', ...style }))
    await until('the money to be captured', async () => (await ok(orderId)).includes('capture') || undefined)
    const first = await client.call('POST', `/api/orders/${orderId}/cancel`)
    const again = await client.call('POST', `/api/orders/${orderId}/cancel`)
    expect([first.status, again.status]).toEqual([202, 202])
    expect(again.body).toEqual(first.body)
    const order = ended(await client.terminal(orderId))
    expect(order).toMatchObject({ status: 'cancelled', reason: 'customer_request', payment: { refunded: order.total } })
    expect(await ok(orderId)).toEqual(['authorize', 'capture', 'refund'])
  })
})

test('cancelled at once, whatever is under way: nothing is kept', async () => {
  await inBothStyles(async (style) => {
    const request = orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'flow-cancel-early', ...style })
    const orderId = await client.placeSurely(request)
    expect((await client.call('POST', `/api/orders/${orderId}/cancel`)).status).toBe(202)
    expect(ended(await client.terminal(orderId))).toMatchObject({ status: 'cancelled', reason: 'customer_request' })
  })
})

test('after dispatch it is too late to cancel', async () => {
  await settings('carrier', { deliveryMs: 3_000 })
  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'flow-late' }))
  await until('the parcel to leave', async () => (await client.order(orderId)).status === 'shipped' || undefined)
  expect((await client.call('POST', `/api/orders/${orderId}/cancel`)).status).toBe(409)
  expect(ended(await client.terminal(orderId)).status).toBe('completed')
  expect((await client.call('POST', `/api/orders/${orderId}/cancel`)).status).toBe(409)
})

test('a capture that fails after the pivot: undone and told', async () => {
  const token = 'tok_capture_declined'
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, { token, ...style }))) {
    expect(order).toMatchObject({ status: 'cancelled', reason: 'capture_failed' })
    expect(await ok(order.orderId)).toEqual(['authorize', 'void'])
  }
})

test('a shipment that is impossible: refunded', async () => {
  await settings('carrier', { impossibleRate: 1 })
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, style))) {
    expect(order).toMatchObject({
      status: 'cancelled',
      reason: 'shipment_impossible',
      payment: { refunded: order.total },
    })
    expect(await ok(order.orderId)).toEqual(['authorize', 'capture', 'refund'])
  }
})

test('a carrier whose reports are lost: it is asked where the parcel is', async () => {
  await settings('carrier', { webhookLossRate: 1 })
  for (const order of await inBothStyles((style) => run({ 'MUG-WHITE-330': 1 }, style)))
    expect(order).toMatchObject({ status: 'completed', shipment: { status: 'delivered' } })
})

test('a provider and a carrier that fail half of the time do not matter', async () => {
  await settings('payment', { faultRate: 0.5 })
  await settings('carrier', { faultRate: 0.5 })
  const placed = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: `faulty-${i}`, coordination: styles[i % 2]! })),
    ),
  )
  await Promise.all(placed.map(async (orderId) => ended(await client.terminal(orderId, 180_000))))
})

test('a quote promises price and delivery, and an order that is held to it pays both and no more', async () => {
  const { payment, ...request } = orderOf({ 'MUG-WHITE-330': 2 }, { customerId: 'quoted' })
  const ask = (body: object) => client.call<Quote>('POST', '/api/quotes', body, { 'idempotency-key': 'quoted-1' })
  const { status, body: quote } = await ask(request)
  expect(status).toBe(201)
  expect(await client.get(`/api/quotes/${quote.quoteId}`)).toEqual(quote)
  expect((await ask(request)).body).toEqual(quote)
  expect(quote.items[0]!.available).toBeGreaterThan(2)
  const lines = quote.items.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0)
  expect(quote.total.amount).toBe(lines + quote.shipping.cost.amount)

  const held = { ...request, payment, quoteId: quote.quoteId }
  const order = ended(await client.terminal((await client.place(held)).body.orderId))
  expect(order).toMatchObject({ status: 'completed', total: quote.total, payment: { captured: quote.total } })
  expect(order).toMatchObject({ shipping: { quoteId: quote.quoteId, ...quote.shipping } })

  const nowhere = { ...request, shippingAddress: { ...request.shippingAddress, postalCode: '00000' } }
  const refused = await client.call('POST', '/api/quotes', nowhere, { 'idempotency-key': 'quoted-2' })
  expect(refused).toMatchObject({ status: 422, body: { type: 'urn:waybill:problem:not-deliverable' } })
})

test('50 orders at once for the last 10 pieces: 10 complete, 40 are rejected', async () => {
  const { items } = await client.get<{ items: { sku: string; available: number }[] }>('/api/stock')
  const scarce = items.find(({ available }) => available > 0 && available <= 10)!
  expect(scarce).toBeDefined()
  if (scarce.available < 10) {
    const quantity = 10 - scarce.available
    await client.call('POST', `/api/stock/${scarce.sku}/receipts`, { quantity }, { 'idempotency-key': 'top-up' })
    const level = before.get(scarce.sku)!
    before = new Map(before).set(scarce.sku, { ...level, onHand: level.onHand + quantity })
  }
  const placed = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      client.placeSurely(orderOf({ [scarce.sku]: 1 }, { customerId: `race-${i}`, coordination: styles[i % 2]! })),
    ),
  )
  const ends = await Promise.all(placed.map(async (orderId) => ended(await client.terminal(orderId))))
  expect(ends.filter(({ status }) => status === 'completed')).toHaveLength(10)
  expect(ends.filter(({ status, reason }) => status === 'rejected' && reason === 'out_of_stock')).toHaveLength(40)
  expect((await client.stock(scarce.sku)).available).toBe(0)
})

test('choreographed orders were not commanded, and orchestrated ones were', async () => {
  const idsOf = (style: Coordination) =>
    orders.filter((one) => one.coordination === style).map(({ orderId }) => orderId)
  expect(await commandsFor(system.brokers, idsOf('choreographed'))).toEqual([])
  expect(await commandsFor(system.brokers, idsOf('orchestrated'))).not.toEqual([])
})

test('in the end money, stock and mails are right, for all of these orders together', async () => {
  const final = await Promise.all(orders.map(({ orderId }) => client.order(orderId)))
  expect(await violations(client, final, before)).toEqual([])
})

test('queues of subscribers, and what people look at and do by hand, need no more rights than there are', async () => {
  const asked = { filter: { types: ['order.*'] }, deliver: { to: 'queue', name: 'by-rights' } }
  expect((await client.call('POST', '/api/subscriptions', asked, { 'idempotency-key': 'queue' })).status).toBe(201)
  const message = { key: 'by-rights', value: '{}', headers: { ce_type: 'none' }, reason: 'a test' }
  const sent = await client.call('POST', '/api/topics/shipments/messages', message, { 'idempotency-key': 'sent' })
  expect(sent.status).toBe(202)
  const moved = { topic: 'orders', to: 'earliest', dryRun: true }
  const plan = await client.call('POST', '/api/groups/payment/offsets', moved, { 'idempotency-key': 'moved' })
  expect(plan).toMatchObject({ status: 200, body: { groupId: 'payment', dryRun: true } })
  // Its workers are in it, so this share group stays where it is.
  const queue = { topic: 'notifications-low', to: 'earliest', reason: 'a test' }
  const path = '/api/groups/notification.notifications-low/offsets'
  const refused = await client.call('POST', path, queue, { 'idempotency-key': 'refused' })
  expect(refused).toMatchObject({ status: 409, body: { reason: 'group_active' } })
  await until('the queue to be filled and seen', async () => {
    await run({ 'MUG-WHITE-330': 1 })
    const found = await client.call<{ items: object[] }>('GET', '/api/topics/queue.by-rights/messages')
    return (found.status === 200 && found.body.items.length > 0) || undefined
  })
  expect(await client.get('/api/topics/analytics-changelog')).toMatchObject({ bytes: expect.any(Number) })
  const { items: groups } = await client.get<{ items: { groupId: string; state: string }[] }>('/api/groups')
  const working = groups.filter(({ state }) => state === 'Stable').map(({ groupId }) => groupId)
  expect(working).toEqual(expect.arrayContaining(['analytics-stream', 'archiver', 'notification.notifications-low']))
})

test('nothing that any process did on the broker was denied', async () => {
  if (!system.bundledBroker) return
  const denials = async () => {
    const log = await readFile(join(system.data, 'logs', 'broker.log'), 'utf8')
    return log.split('\n').filter((line) => line.includes('"name":"authorizer"') || line.includes('authorizer: '))
  }
  expect(await denials()).toEqual([])
  // It would have been said: whoever may not is told of there.
  const stranger = kafkaOf(system.brokers, { username: 'query', password: await passwordOf(system, 'query') }).admin()
  await stranger.connect()
  const creating = stranger.createTopics({ topics: [{ topic: 'strange' }] })
  await expect(creating).rejects.toMatchObject({ errors: [{ type: 'TOPIC_AUTHORIZATION_FAILED' }] })
  await stranger.disconnect()
  const told = await until('the denial to be in the log', async () => {
    const lines = await denials()
    return lines.length > 0 ? lines : undefined
  })
  expect(told).toEqual([expect.stringMatching(/User:query.*strange/)])
})

test('no log shows a secret, a token, or who a customer is, also while everything is logged', async () => {
  const { items: processes } = await client.get<{ items: { service: string; level: string }[] }>('/api/log-levels')
  for (const { service } of processes) {
    const answer = await client.call<{ level: string }>('PUT', `/api/log-levels/${service}`, { level: 'debug' })
    expect(answer).toMatchObject({ status: 200, body: { level: 'debug', until: expect.any(String) } })
  }
  // Another Kafka has no log of ours.
  if (process.env.KAFKA_BROKERS === undefined) process.kill(await system.pidOf('broker'), 'SIGUSR2')
  const subscription = {
    filter: { types: ['order.*'] },
    deliver: { to: 'webhook', url: 'http://127.0.0.1:9/hook' },
  }
  const subscribed = await client.call<{ subscriptionId: string }>('POST', '/api/subscriptions', subscription, {
    'idempotency-key': 'logs',
  })
  expect(subscribed.status).toBe(201)
  const { items: secrets } = await client.get<{ items: { secret: string }[] }>(
    `/api/subscriptions/${subscribed.body.subscriptionId}/secret`,
  )
  await settings('payment', { faultRate: 0.5 })
  for (const token of ['tok_ok', 'tok_declined', 'tok_capture_declined'])
    await run({ 'MUG-WHITE-330': 1 }, { customerId: 'cust-0001', token })

  expect(await readFile(join(system.data, 'logs', 'payment.log'), 'utf8')).toMatch(
    / WARN {2}logging: log level changed to=debug/,
  )
  const known = secrets.map(({ secret }) => secret)
  expect(await secretsInLogs(system, known)).toEqual([])
})
