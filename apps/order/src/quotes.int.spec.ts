import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSplitName } from '#libs/contracts'
import { CATALOGUE } from './api/tokens.ts'
import { type Catalogue, type PricedOrder, price } from './domain/pricing.ts'
import { makeQuote, type Quote } from './domain/quote.ts'
import { type OrderApp, order, startOrderApp, total } from './order-app.fixture.ts'
import { insertQuote } from './sql/insert-quote.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app.stop())

const { payment: _, ...asked } = order
const cost = { amount: 965, currency: 'EUR' }

/** As if inventory and fulfillment had been asked so long ago. */
const quoted = async (agoMs = 0): Promise<Quote> => {
  const quote = makeQuote(
    { quoteId: randomUUID(), customerId: order.customerId, shippingAddress: withSplitName(order.shippingAddress) },
    price(app.app.get<Catalogue>(CATALOGUE), order.items) as PricedOrder,
    { stock: { lines: [] }, shipping: { cost, promisedOn: '2026-12-01' } },
    { now: new Date(Date.now() - agoMs), validMs: 900_000 },
  )
  await insertQuote(app.database, quote)
  return quote
}
const withShipping = { amount: total.amount + cost.amount, currency: 'EUR' }

test('an order that names a quote is held to it: what is authorized is the lines and the delivery', async () => {
  const { quoteId } = await quoted()
  const placed = await app.post('/orders', { ...order, quoteId }).expect(201)
  expect(placed.body.total).toEqual(withShipping)
  const { orderId } = placed.body
  const rows = await app.database.query<{ value: string }>(
    `SELECT value FROM outbox WHERE headers->>'correlationid' = $1 AND headers->>'ce_type' = 'payment.authorize'`,
    orderId,
  )
  expect(rows.map(({ value }) => JSON.parse(value).amount)).toEqual([withShipping])
  const { body } = await app.get(`/orders/${orderId}`).expect(200)
  expect(body).toMatchObject({ total: withShipping, shipping: { quoteId, cost, promisedOn: '2026-12-01' } })
})

test('who repeats the order gets the same answer, also when the quote is over by then', async () => {
  const { quoteId } = await quoted()
  const request = { ...order, quoteId }
  const first = await app.post('/orders', request, { key: 'held' }).expect(201)
  await app.database.execute(
    `UPDATE quotes SET quote = jsonb_set(quote::jsonb, '{validUntil}', '"2026-01-01T00:00:00.000Z"')::json WHERE quote_id = $1::uuid`,
    quoteId,
  )
  const again = await app.post('/orders', request, { key: 'held' }).expect(201)
  expect(again.body).toEqual(first.body)
  await app.post('/orders', request).expect(409)
})

describe('an order is refused, and its key is free again,', () => {
  test.each([
    ['when its quote has expired', 900_001, {}, 409, 'quote-expired'],
    ['when nobody knows the quote', 0, { quoteId: randomUUID() }, 422, 'unknown-quote'],
    ["with somebody else's quote", 0, { customerId: 'somebody-else' }, 422, 'unknown-quote'],
    ['with other items', 0, { items: order.items.slice(0, 1) }, 422, 'quoted-otherwise'],
    ['to another address', 0, { shippingAddress: { ...order.shippingAddress, city: 'Umea' } }, 422, 'quoted-otherwise'],
  ])('%s', async (_, agoMs, change, status, type) => {
    const { quoteId } = await quoted(agoMs)
    const key = randomUUID()
    const { body } = await app.post('/orders', { ...order, quoteId, ...change }, { key }).expect(status)
    expect(body).toMatchObject({ type: `urn:waybill:problem:${type}`, errors: [{ pointer: expect.any(String) }] })
    await app.post('/orders', order, { key }).expect(201)
  })
})

test('a quote is shown as it was made, and an unknown one is a 404', async () => {
  const quote = await quoted()
  const { body } = await app.get(`/quotes/${quote.quoteId}`).expect(200)
  expect(body).toEqual(quote)
  await app.get(`/quotes/${randomUUID()}`).expect(404)
  await app.get('/quotes/x').expect(404)
})

test('when nobody answers in time, it is said who, and nothing is kept under the key', async () => {
  const request = () => app.post('/quotes', asked, { key: 'silence' })
  const { body } = await request().expect(504)
  expect(body).toMatchObject({ type: 'urn:waybill:problem:timeout', missing: ['inventory', 'fulfillment'] })
  await request().expect(504)
})

test('what could never be quoted is refused at once', async () => {
  await app.post('/quotes', { ...asked, items: [{ sku: 'NO-SUCH', quantity: 1 }] }).expect(422)
  await app.post('/quotes', { ...asked, items: [] }).expect(400)
  await app.http().post('/quotes').send(asked).expect(400)
})
