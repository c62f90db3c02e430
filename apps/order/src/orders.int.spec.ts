import type request from 'supertest'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { metrics, registry } from '#libs/observability'
import { deliver, tablesWith } from '#libs/testing'
import { consumers } from './consumers.ts'
import type { FactType } from './domain/answers.ts'
import { type OrderApp, order, parcel, startOrderApp, total } from './order-app.fixture.ts'

let service: OrderApp

beforeAll(async () => {
  service = await startOrderApp()
})

afterAll(() => service?.stop())

const http = () => service.http()

let keys = 0
const post = (body: object | string, key = `key-${++keys}`): request.Test =>
  http().post('/orders').set('Idempotency-Key', key).set('Content-Type', 'application/json').send(body)
const placed = async (body: object = order): Promise<string> => (await post(body).expect(201)).body.orderId

const outbox = (orderId: string) => service.outbox(orderId)
const sent = (orderId: string) => service.sent(orderId)
const receive = <T extends FactType>(orderId: string, type: T, data: Omit<DataOf<T>, 'orderId' | 'customerId'>) =>
  service.receive(orderId, type, data)

const authorized = (orderId: string) =>
  receive(orderId, 'payment.authorized', { authorizationId: 'a-1', amount: total })
const reserved = (orderId: string) => receive(orderId, 'stock.reserved', { lines: order.items })
const captured = (orderId: string) => receive(orderId, 'payment.captured', { captureId: 'c-1', amount: total })

describe('POST /orders', () => {
  test('places the order, starts its saga and says so to the world in one transaction', async () => {
    const answer = await post(order).expect(201)
    const { orderId } = answer.body
    expect(answer.body).toEqual({ orderId, status: 'placed', total })
    expect(answer.headers.location).toBe(`/api/orders/${orderId}`)
    expect(await sent(orderId)).toEqual(['order.placed', 'payment.authorize', 'stock.reserve'])
    for (const { key } of await outbox(orderId)) expect(key).toBe(order.customerId)
  })

  test('answers a repeated key the same, whatever the order of the fields, and places nothing', async () => {
    const first = await post(order, 'again').expect(201)
    const { customerId, items, payment, shippingAddress } = order
    const second = await post({ shippingAddress, payment, items, customerId }, 'again').expect(201)
    expect(second.body).toEqual(first.body)
    expect(second.headers.location).toBe(first.headers.location)
    expect(await sent(first.body.orderId)).toHaveLength(3)
    await post({ ...order, items: order.items.slice(1) }, 'again').expect(422)
  })

  test('takes a key for its customer’s own, and one that is forgotten for a new request', async () => {
    const first = await post(order, 'mine').expect(201)
    const other = await post({ ...order, customerId: 'cust-0002' }, 'mine').expect(201)
    expect(other.body.orderId).not.toBe(first.body.orderId)
    await service.database.execute(`UPDATE idempotency_keys SET expires_at = now() - interval '1 second'`)
    const later = await post(order, 'mine').expect(201)
    expect(later.body.orderId).not.toBe(first.body.orderId)
  })

  test('knows a request by what was sent, not by what is made of it', async () => {
    const first = await post(order, 'bare').expect(201)
    await post({ ...order, coordination: 'orchestrated' }, 'bare').expect(422)
    expect((await post(order, 'bare').expect(201)).body).toEqual(first.body)
  })

  test('lets one of two twins through', async () => {
    const answers = await Promise.all([post(order, 'twins'), post(order, 'twins')])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  test('seals the payment token for the payment service: no row has it in clear', async () => {
    const token = 'tok_of_one_card_1'
    const orderId = await placed({ ...order, payment: { token } })
    expect(await tablesWith(service.url, token)).toEqual([])
    const [asked] = await service.database.query<{ token: string }>(
      `SELECT value::json->>'token' AS token FROM outbox WHERE headers->>'correlationid' = $1 AND value LIKE '%token%'
        AND headers->>'ce_type' = 'payment.authorize'`,
      orderId,
    )
    expect(service.tokens.open(asked!.token, orderId)).toBe(token)
  })

  test('names every bad field', async () => {
    const answer = await post({
      customerId: 'no spaces please',
      items: [{ sku: 'MUG-WHITE-330', quantity: 0 }],
      payment: {},
      shippingAddress: { ...order.shippingAddress, country: 'Sweden' },
    }).expect(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/customerId',
      '/items/0/quantity',
      '/payment/token',
      '/shippingAddress/country',
    ])
  })

  test('tells the other ways to be wrong apart', async () => {
    await http().post('/orders').send(order).expect(400)
    await post('{"customerId":').expect(400)
    await post({ ...order, items: [] }).expect(400)
    await post({ ...order, note: 'x'.repeat(70_000) }).expect(413)
    const unknown = await post({ ...order, items: [...order.items, { sku: 'NO-SUCH', quantity: 1 }] }).expect(422)
    expect(unknown.body.skus).toEqual(['NO-SUCH'])
    await post({ ...order, coordination: 'improvised' }).expect(400)
  })

  test('takes no price from the client, and lines of one SKU as one line', async () => {
    const line = { sku: 'MUG-WHITE-330', quantity: 1, unitPrice: { amount: 1, currency: 'EUR' } }
    const answer = await post({ ...order, items: [line, line] }).expect(201)
    expect(answer.body.total.amount).toBe(1780)
    const { body } = await http().get(`/orders/${answer.body.orderId}`).expect(200)
    expect(body.items).toMatchObject([{ sku: 'MUG-WHITE-330', quantity: 2, lineTotal: { amount: 1780 } }])
    await post({
      ...order,
      items: [
        { ...line, quantity: 600 },
        { ...line, quantity: 600 },
      ],
    }).expect(400)
  })

  test('places many at once, each once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(order)))
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(100)
    expect(answers.every(({ status }) => status === 201)).toBe(true)
  })
})

describe('an order on its way', () => {
  test('is fulfilled step by step, and every step is on record', async () => {
    const orderId = await placed()
    const authorization = await authorized(orderId)
    await reserved(orderId)
    await captured(orderId)
    await receive(orderId, 'shipment.booked', parcel)
    await receive(orderId, 'shipment.dispatched', parcel)
    await receive(orderId, 'stock.dispatched', { lines: order.items })
    await receive(orderId, 'shipment.delivered', parcel)

    expect(await sent(orderId)).toEqual([
      'order.placed',
      'payment.authorize',
      'stock.reserve',
      'order.confirmed',
      'payment.capture',
      'shipment.ship',
      'order.shipped',
      'stock.dispatch',
      'order.completed',
    ])
    const { body } = await http().get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({
      orderId,
      customerId: order.customerId,
      status: 'completed',
      total,
      payment: { status: 'captured', authorized: total, captured: total, refunded: { amount: 0 } },
      shipment: { status: 'delivered', trackingNumber: 'T-1' },
    })
    expect(body.timeline[0].type).toBe('order.placed')
    expect(body.timeline).toContainEqual(
      expect.objectContaining({ type: 'payment.authorized', messageId: authorization }),
    )
  })

  test('has events with the ids of the facts that tell them', async () => {
    const orderId = await placed()
    await authorized(orderId)
    const cause = await reserved(orderId)
    const { body } = await http().get(`/orders/${orderId}/events`).expect(200)
    expect(body.items.map(({ type }: { type: string }) => type)).toEqual(['OrderPlaced', 'OrderConfirmed'])
    const published = (await outbox(orderId)).filter(({ type }) => type.startsWith('order.'))
    expect(body.items.map(({ metadata }: { metadata: { messageId: string } }) => metadata.messageId)).toEqual(
      published.map(({ id }) => id),
    )
    expect(body.items[1].metadata).toMatchObject({ causationId: cause, correlationId: orderId })
  })

  test('has a saga whose steps name their commands', async () => {
    const orderId = await placed()
    await receive(orderId, 'payment.declined', { operation: 'authorize', code: 'do_not_honor' })
    const undoing = await http().get(`/orders/${orderId}/saga`).expect(200)
    expect(undoing.body).toMatchObject({ sagaId: orderId, state: 'compensating', coordination: 'orchestrated' })
    await receive(orderId, 'stock.released', { lines: [] })
    const { body } = await http().get(`/orders/${orderId}/saga`).expect(200)
    expect(body.state).toBe('compensated')
    expect(body.steps).toMatchObject([
      { name: 'authorize-payment', status: 'failed', attempts: 1, error: 'do_not_honor' },
      { name: 'reserve-stock', status: 'compensated' },
      { name: 'release-stock', status: 'succeeded' },
    ])
    const commands = (await outbox(orderId)).filter(({ type }) => !type.startsWith('order.'))
    expect(body.steps.map(({ commandId }: { commandId: string }) => commandId)).toEqual(commands.map(({ id }) => id))
    const answer = await http().get(`/orders/${orderId}`).expect(200)
    expect(answer.body).toMatchObject({ status: 'rejected', reason: 'payment_declined' })
  })

  test('asks again by itself when the time has come', async () => {
    const orderId = await placed()
    await receive(orderId, 'payment.failed', { operation: 'authorize', reason: 'timeout' })
    await vi.waitFor(
      async () => expect((await sent(orderId)).filter((type) => type === 'payment.authorize')).toHaveLength(2),
      { timeout: 10_000, interval: 50 },
    )
  })
})

describe('a choreographed order', () => {
  const placedSo = () => placed({ ...order, coordination: 'choreographed' })

  test('is told of and never commanded, and its steps are on record as they were observed', async () => {
    const orderId = await placedSo()
    await reserved(orderId)
    await authorized(orderId)
    // The parcel is heard of first: no order is promised between topics.
    await receive(orderId, 'shipment.booked', parcel)
    await receive(orderId, 'shipment.dispatched', parcel)
    await receive(orderId, 'stock.dispatched', { lines: order.items })
    await receive(orderId, 'shipment.delivered', parcel)
    expect(await sent(orderId)).toEqual(['order.placed', 'order.confirmed', 'order.shipped'])
    await captured(orderId)
    expect(await sent(orderId)).toEqual(['order.placed', 'order.confirmed', 'order.shipped', 'order.completed'])
    const styles = await service.database.query<{ style: string }>(
      `SELECT headers->>'coordination' AS style FROM outbox WHERE headers->>'correlationid' = $1`,
      orderId,
    )
    expect(styles.map(({ style }) => style)).toEqual(Array(4).fill('choreographed'))
    const { body } = await http().get(`/orders/${orderId}/saga`).expect(200)
    expect(body).toMatchObject({ coordination: 'choreographed', state: 'completed' })
    expect(body.steps.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`)).toEqual([
      'authorize-payment succeeded',
      'reserve-stock succeeded',
      'capture-payment succeeded',
      'ship-order succeeded',
      'dispatch-stock succeeded',
    ])
    for (const step of body.steps) expect(step).not.toHaveProperty('commandId')
  })

  test('has its token in order.placed, sealed for the payment service', async () => {
    const token = 'tok_of_one_card_2'
    const orderId = await placed({ ...order, payment: { token }, coordination: 'choreographed' })
    const [row] = await service.database.query<{ token: string }>(
      `SELECT value::json->'payment'->>'token' AS token FROM outbox WHERE headers->>'correlationid' = $1`,
      orderId,
    )
    expect(service.tokens.open(row!.token, orderId)).toBe(token)
    expect(await tablesWith(service.url, token)).toEqual([])
  })

  test('is called overdue when nothing is heard of it, and given up as an orchestrated one is', async () => {
    const orderId = await placedSo()
    // Two steps wait at the same time, one for payment and one for stock.
    for (let times = 0; times < 6; times++) await service.silence(orderId)
    expect(new Set(await sent(orderId))).toEqual(new Set(['order.placed', 'order.overdue', 'order.withdrawn']))
    await receive(orderId, 'payment.voided', { amount: total })
    await receive(orderId, 'stock.released', { lines: [] })
    const { body } = await http().get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({ status: 'rejected', reason: 'payment_timeout', coordination: 'choreographed' })
  })

  test('that is cancelled calls the parcel back before anything is given back', async () => {
    const orderId = await placedSo()
    await authorized(orderId)
    await reserved(orderId)
    await http().post(`/orders/${orderId}/cancel`).expect(202)
    expect((await sent(orderId)).slice(2)).toEqual(['order.cancellation-requested', 'order.recalled'])
    await receive(orderId, 'shipment.cancelled', {})
    await captured(orderId)
    await receive(orderId, 'payment.refunded', { refundId: 'r-1', amount: total })
    expect((await sent(orderId)).slice(4)).toEqual(['order.withdrawn'])
    await receive(orderId, 'stock.released', { lines: order.items })
    const { body } = await http().get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({ status: 'cancelled', reason: 'customer_request', payment: { refunded: total } })
  })

  test('whose parcel had left goes on, though its payment had not been heard of', async () => {
    const orderId = await placedSo()
    await authorized(orderId)
    await reserved(orderId)
    await http().post(`/orders/${orderId}/cancel`).expect(202)
    await receive(orderId, 'shipment.dispatched', parcel)
    expect((await sent(orderId)).slice(4)).toEqual(['order.cancellation-refused', 'order.shipped', 'order.overdue'])
    await captured(orderId)
    await receive(orderId, 'stock.dispatched', { lines: order.items })
    await receive(orderId, 'shipment.delivered', parcel)
    const { body } = await http().get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({ status: 'completed', cancellation: 'refused', payment: { status: 'captured' } })
  })
})

describe('POST /orders/{orderId}/cancel', () => {
  test('is accepted, once or twice, and undoes what has happened', async () => {
    const orderId = await placed()
    const first = await http().post(`/orders/${orderId}/cancel`).expect(202)
    const second = await http().post(`/orders/${orderId}/cancel`).expect(202)
    expect(second.body).toEqual(first.body)
    expect((await sent(orderId)).slice(3)).toEqual(['order.cancellation-requested', 'payment.void', 'stock.release'])
    await receive(orderId, 'payment.voided', { amount: total })
    await receive(orderId, 'stock.released', { lines: order.items })
    const { body } = await http().get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({ status: 'cancelled', reason: 'customer_request' })
    await http().post(`/orders/${orderId}/cancel`).expect(202)
  })

  test('comes too late for a parcel that has left', async () => {
    const orderId = await placed()
    await authorized(orderId)
    await reserved(orderId)
    await captured(orderId)
    await receive(orderId, 'shipment.dispatched', parcel)
    const { body } = await http().post(`/orders/${orderId}/cancel`).expect(409)
    expect(body).toMatchObject({ status: 409, reason: 'already_dispatched' })
  })

  test('needs an order', async () => {
    await http()
      .post(`/orders/${uuidFrom('nobody')}/cancel`)
      .expect(404)
    await http().post('/orders/nonsense/cancel').expect(404)
  })
})

test('refusals cost nobody else in their transaction anything', async () => {
  const splits = async () =>
    (await registry.getSingleMetric(metrics.database.groupSplits.name)!.get()).values[0]?.value ?? 0
  const before = await splits()
  const [cancels, orders] = await Promise.all([
    Promise.all(Array.from({ length: 30 }, (_, i) => http().post(`/orders/${uuidFrom(`nobody ${i}`)}/cancel`))),
    Promise.all(Array.from({ length: 30 }, () => post(order))),
  ])
  expect(new Set(cancels.map(({ status }) => status))).toEqual(new Set([404]))
  expect(new Set(orders.map(({ status }) => status))).toEqual(new Set([201]))
  expect(await splits()).toBe(before)
})

test('a fact about an unknown order is refused', async () => {
  const fact = { orderId: uuidFrom('nobody'), customerId: order.customerId, authorizationId: 'a-1', amount: total }
  expect(
    await deliver(service.app, { service: 'order', handlers: consumers }, 'payment.authorized', fact),
  ).toMatchObject({
    refused: 'unknown_order',
  })
})

describe('the lists', () => {
  test('of sagas are paged, youngest first, and filtered by state', async () => {
    const young = await placed()
    const old = (await http().get('/sagas?limit=1').expect(200)).body
    expect(old.items).toMatchObject([{ sagaId: young, state: 'running' }])
    const next = (await http().get(`/sagas?limit=200&cursor=${old.nextCursor}`).expect(200)).body
    expect(next.items.map(({ sagaId }: { sagaId: string }) => sagaId)).not.toContain(young)
    const ended = (await http().get('/sagas?state=completed').expect(200)).body
    for (const { state } of ended.items) expect(state).toBe('completed')
    await http().get('/sagas?state=lost').expect(400)
    await http().get('/sagas?cursor=nonsense').expect(400)
  })

  test('of products are the catalogue', async () => {
    const { body } = await http().get('/catalogue').expect(200)
    expect(body.items.length).toBeGreaterThanOrEqual(50)
    expect(body.items[0]).toEqual({
      sku: 'MUG-WHITE-330',
      name: 'Stoneware mug, white, 330 ml',
      price: { amount: 890, currency: 'EUR' },
    })
  })

  test('of orders unknown here are 404', async () => {
    for (const path of ['', '/events', '/saga'])
      await http()
        .get(`/orders/${uuidFrom('nobody')}${path}`)
        .expect(404)
  })
})
