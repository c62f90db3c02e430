import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OrderDetails } from './order.ts'
import { type Catalogue, type PricedOrder, price } from './pricing.ts'
import { holdTo, makeQuote } from './quote.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const catalogueAt = (mug: number): Catalogue => ({
  currency: 'EUR',
  products: new Map([
    ['MUG', { sku: 'MUG', name: 'Mug', price: eur(mug) }],
    ['TEA', { sku: 'TEA', name: 'Tea', price: eur(450) }],
  ]),
})
const shippingAddress = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
const now = new Date('2026-11-27T12:00:00.000Z')
const later = (ms: number) => new Date(now.getTime() + ms)
const wanted = [
  { sku: 'MUG', quantity: 2 },
  { sku: 'TEA', quantity: 1 },
]
const priced = (lines = wanted, mug = 890) => price(catalogueAt(mug), lines) as PricedOrder

const quote = makeQuote(
  { quoteId: 'q-1', customerId: 'ada', shippingAddress },
  priced(),
  {
    stock: { lines: [{ sku: 'MUG', quantity: 2, available: 1 }] },
    shipping: { cost: eur(940), promisedOn: '2026-12-01' },
  },
  { now, validMs: 900_000 },
)
const order = (change: Partial<OrderDetails> = {}): OrderDetails => ({
  orderId: 'o-1',
  customerId: 'ada',
  ...priced(wanted, 990),
  payment: { token: 'tok_ok' },
  shippingAddress,
  coordination: 'orchestrated',
  ...change,
})

test('a quote is the lines and the delivery, with what there is of each product', () => {
  expect(quote).toMatchObject({ total: eur(2 * 890 + 450 + 940), validUntil: '2026-11-27T12:15:00.000Z' })
  expect(quote.items.map(({ sku, available }) => [sku, available])).toEqual([
    ['MUG', 1],
    ['TEA', 0],
  ])
})

test('an order is held to its quote, whatever the products cost by now', () => {
  expect(holdTo(quote, order(), later(899_999))).toEqual({
    ...order(),
    items: priced().items,
    total: quote.total,
    shipping: { quoteId: 'q-1', cost: eur(940), promisedOn: '2026-12-01' },
  })
  expect(holdTo(quote, order({ ...priced(wanted.toReversed()) }), now)).toHaveProperty('shipping')
})

describe('an order is not held to', () => {
  test.each([
    ['no quote', undefined, order(), now, 'unknown_quote'],
    ['the quote of somebody else', quote, order({ customerId: 'bob' }), now, 'unknown_quote'],
    ['a quote that is over', quote, order(), later(900_000), 'quote_expired'],
    [
      'a quote for fewer pieces',
      quote,
      order(priced([{ sku: 'MUG', quantity: 3 }, wanted[1]!])),
      now,
      'quoted_otherwise',
    ],
    ['a quote for more products', quote, order(priced(wanted.slice(0, 1))), now, 'quoted_otherwise'],
    [
      'a quote to elsewhere',
      quote,
      order({ shippingAddress: { ...shippingAddress, postalCode: '1' } }),
      now,
      'quoted_otherwise',
    ],
  ] as const)('%s', (_, given, details, at, refused) => {
    expect(holdTo(given, details, at)).toMatchObject({ refused })
  })
})

test('the total of what is held to a quote is its lines and its delivery, to the cent', () => {
  const amount = fc.integer({ min: 0, max: 1_000_000 })
  fc.assert(
    fc.property(amount, amount, fc.integer({ min: 1, max: 1_000 }), (cost, mug, quantity) => {
      const made = makeQuote(
        { quoteId: 'q-1', customerId: 'ada', shippingAddress },
        priced([{ sku: 'MUG', quantity }], mug),
        { stock: { lines: [] }, shipping: { cost: eur(cost), promisedOn: '2026-12-01' } },
        { now, validMs: 1 },
      )
      const held = holdTo(made, order(priced([{ sku: 'MUG', quantity }])), now)
      if ('refused' in held) throw new Error(held.refused)
      const lines = held.items.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0)
      expect(held.total).toEqual(eur(lines + held.shipping!.cost.amount))
      expect(lines).toBe(mug * quantity)
    }),
    { numRuns: 200 },
  )
})
