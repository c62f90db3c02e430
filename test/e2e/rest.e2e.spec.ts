import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, type Order, orderOf } from '../support/client.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(() => system?.stop())

interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  errors?: { pointer: string; detail: string }[]
}

const mug = { 'MUG-WHITE-330': 1 }

describe('POST /api/orders', () => {
  test('answers 201 with the price from the catalogue, and the order is known from that moment on', async () => {
    const { items } = await client.get<{ items: { sku: string; price: { amount: number; currency: string } }[] }>(
      '/api/catalogue',
    )
    expect(items.length).toBeGreaterThanOrEqual(50)
    const price = items.find(({ sku }) => sku === 'MUG-WHITE-330')!.price

    const placed = await client.place(orderOf({ 'MUG-WHITE-330': 3 }))
    expect(placed.status).toBe(201)
    expect(placed.headers.get('location')).toBe(`/api/orders/${placed.body.orderId}`)
    expect(placed.body).toEqual({
      orderId: placed.body.orderId,
      status: 'placed',
      total: { amount: price.amount * 3, currency: price.currency },
    })
    const order = await client.get<Order>(placed.headers.get('location')!)
    expect(order).toMatchObject({ orderId: placed.body.orderId, customerId: 'cust-0001', total: placed.body.total })
    expect(order.items).toEqual([
      expect.objectContaining({
        sku: 'MUG-WHITE-330',
        quantity: 3,
        unitPrice: price,
        lineTotal: { amount: price.amount * 3, currency: price.currency },
      }),
    ])
  })

  test('the same key and body, fields in another order, is the same order', async () => {
    const key = randomUUID()
    const order = orderOf(mug)
    const first = await client.place(order, key)
    const { payment, ...rest } = order
    const again = await client.place({ payment, ...rest }, key)
    expect(again.status).toBe(201)
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
  })

  test('twins that race make one order', async () => {
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.place(orderOf(mug), key)))
    const created = answers.filter(({ status }) => status === 201)
    expect(created.length).toBeGreaterThan(0)
    expect(new Set(created.map(({ body }) => body.orderId)).size).toBe(1)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
  })

  test('the same key with another body is refused', async () => {
    const key = randomUUID()
    await client.place(orderOf(mug), key)
    expect((await client.place(orderOf({ 'MUG-WHITE-330': 2 }), key)).status).toBe(422)
  })

  test('every bad field is named by its JSON pointer', async () => {
    const { status, headers, body } = await client.place<Problem>({
      ...orderOf({ 'MUG-WHITE-330': 0 }),
      customerId: 'not a customer!',
      shippingAddress: { name: 'Ada', line1: '', city: 'Berlin', postalCode: '10115', country: 'Germany' },
    })
    expect(status).toBe(400)
    expect(headers.get('content-type')).toContain('application/problem+json')
    expect(body.errors!.map(({ pointer }) => pointer).sort()).toEqual([
      '/customerId',
      '/items/0/quantity',
      '/shippingAddress/country',
      '/shippingAddress/line1',
    ])
  })

  test.each([
    ['broken JSON', '{"customerId":', { 'content-type': 'application/json', 'idempotency-key': 'k1' }, 400],
    ['no Idempotency-Key', orderOf(mug), {}, 400],
    ['an unknown SKU', orderOf({ 'NO-SUCH-THING': 1 }), { 'idempotency-key': 'k2' }, 422],
    ['a body over 64 KiB', { ...orderOf(mug), note: 'x'.repeat(70_000) }, { 'idempotency-key': 'k3' }, 413],
  ])('%s is refused', async (_, body, headers, expected) => {
    const answer = await client.call<Problem>('POST', '/api/orders', body, headers as Record<string, string>)
    expect(answer.status).toBe(expected)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ status: expected, title: expect.any(String), type: expect.any(String) })
  })
})

describe('what can be seen of an order', () => {
  test('its events, its saga, its mails and its way through the services, each naming what caused it', async () => {
    const customerId = `seen-${Date.now()}`
    const orderId = await client.placeSurely(orderOf(mug, { customerId }))
    const order = await client.terminal(orderId)
    expect(order).toMatchObject({ status: 'completed', payment: { status: 'captured', captured: order.total } })
    expect(order.shipment?.trackingNumber).toBeTruthy()

    const events = await client.get<{ items: { version: number; type: string; metadata: Record<string, string> }[] }>(
      `/api/orders/${orderId}/events`,
    )
    expect(events.items.map(({ version }) => version)).toEqual(events.items.map((_, i) => i + 1))
    for (const { metadata } of events.items)
      expect(metadata).toMatchObject({
        messageId: expect.any(String),
        causationId: expect.any(String),
        correlationId: orderId,
        actor: expect.any(String),
      })

    const saga = await until('the saga to be completed', async () => {
      const saga = await client.get<{ state: string; steps: { name: string; status: string }[] }>(
        `/api/orders/${orderId}/saga`,
      )
      return saga.state === 'completed' ? saga : undefined
    })
    expect(saga.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['authorize-payment', 'reserve-stock', 'capture-payment', 'ship-order']),
    )

    const full = await until('the whole timeline', async () => {
      const { timeline } = await client.order(orderId)
      return timeline.some(({ type }) => type === 'stock.dispatched') ? timeline : undefined
    })
    const types = full.map(({ type }) => type)
    for (const type of [
      'order.placed',
      'payment.authorized',
      'stock.reserved',
      'order.confirmed',
      'payment.captured',
      'shipment.dispatched',
      'order.shipped',
      'order.completed',
    ])
      expect(types).toContain(type)
    expect(new Set(full.map(({ messageId }) => messageId)).size).toBe(full.length)

    const mails = await until('three mails', async () => {
      const mails = await client.mails(`${customerId}@customers.example`)
      return mails.length >= 3 ? mails : undefined
    })
    expect(mails.map(({ kind }) => kind).sort()).toEqual(['order_completed', 'order_confirmed', 'order_shipped'])
    const told = await client.get<{ items: { status: string; kind: string; to: string }[] }>(
      `/api/notifications?orderId=${orderId}`,
    )
    expect(told.items.map(({ kind }) => kind).sort()).toEqual(['order_completed', 'order_confirmed', 'order_shipped'])
  })

  test('an order nobody placed is unknown, under every address', async () => {
    for (const path of ['', '/events', '/saga'])
      expect((await client.call('GET', `/api/orders/${randomUUID()}${path}`)).status).toBe(404)
    expect((await client.call('POST', `/api/orders/${randomUUID()}/cancel`)).status).toBe(404)
    expect((await client.call('GET', '/api/orders/not-an-id')).status).toBe(404)
  })

  test('lists are filtered and come in pages', async () => {
    const customerId = `pages-${Date.now()}`
    const placed = await Promise.all([1, 2, 3].map(() => client.placeSurely(orderOf(mug, { customerId }))))
    await Promise.all(placed.map((orderId) => client.terminal(orderId)))
    type Page = { items: Order[]; nextCursor: string | null }
    const path = `/api/orders?customerId=${customerId}&status=completed&limit=2`
    const first = await until('the list to have all', async () => {
      const page = await client.get<Page>(path)
      return page.items.length === 2 && page.nextCursor !== null ? page : undefined
    })
    const second = await client.get<Page>(`${path}&cursor=${first.nextCursor}`)
    expect(second.nextCursor).toBeNull()
    expect([...first.items, ...second.items].map(({ orderId }) => orderId).sort()).toEqual(placed.sort())
    expect((await client.call('GET', '/api/orders?status=lost')).status).toBe(400)
  })
})

describe('the system as a whole', () => {
  test('health, topics, groups and projections are there to be seen', async () => {
    expect(await client.get('/api/health')).toMatchObject({ status: 'ok' })
    const topics = await client.get<{ items: { name: string; partitions: unknown[] }[] }>('/api/topics')
    expect(topics.items.find(({ name }) => name === 'orders')?.partitions).toHaveLength(6)
    const groups = await client.get<{ items: { groupId: string; state: string; members: unknown[]; lag: number }[] }>(
      '/api/groups',
    )
    for (const groupId of ['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query'])
      expect(groups.items.find((group) => group.groupId === groupId)).toMatchObject({ state: 'Stable' })
    await until('the read models to have caught up', async () => {
      const { items } = await client.get<{ items: { name: string; lag: number }[] }>('/api/projections')
      return (items.length > 0 && items.every(({ lag }) => lag === 0)) || undefined
    })
  })

  test('the interface is described where people look for it', async () => {
    expect((await fetch(`${system.url}/docs`)).status).toBe(200)
    expect(await client.get('/docs/json')).toMatchObject({ openapi: '3.1.0' })
  })

  test('the types of messages and events are told with their versions', async () => {
    const told = await client.get<{ messages: object[]; events: object[]; states: object[] }>('/api/schemas')
    expect(told).toMatchObject({ unreachable: [] })
    expect(told.messages).toContainEqual({ type: 'order.placed', topic: 'orders', version: 3 })
    expect(told.events).toContainEqual({ service: 'payment', stream: 'payment', type: 'Captured', version: 2 })
    expect(told.states).toContainEqual({ service: 'inventory', stream: 'stock', version: 1, readable: [1] })
  })

  test('goods that arrive are counted once', async () => {
    const sku = 'MUG-BLACK-330'
    const before = await client.stock(sku)
    const key = randomUUID()
    for (let i = 0; i < 2; i++)
      expect(
        (await client.call('POST', `/api/stock/${sku}/receipts`, { quantity: 5 }, { 'idempotency-key': key })).status,
      ).toBe(201)
    const after = await client.stock(sku)
    expect(after).toMatchObject({ onHand: before.onHand + 5, reserved: before.reserved })
    expect(await client.get(`/api/stock/${sku}?asOf=${before.version}`)).toEqual(before)
    const { items } = await client.get<{ items: object[] }>(`/api/stock/${sku}/movements?limit=1`)
    expect(items).toMatchObject([{ kind: 'receipt', quantity: 5, version: after.version, onHand: after.onHand }])
    expect((await client.call('POST', `/api/stock/${sku}/receipts`, { quantity: 5 })).status).toBe(400)
    expect((await client.call('GET', '/api/stock/NO-SUCH-THING')).status).toBe(404)
  })
})
