import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { orderDecider } from '../decide.ts'
import type { OrderEvent, PlacedOrder } from '../order.ts'
import { type ReturnWish, returnable } from './order-returns.ts'

const details = {
  orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01',
  customerId: 'cust-0001',
  items: [line('MUG', 3, 890), line('BOWL', 1, 500)],
  total: { amount: 3170, currency: 'EUR' },
  payment: { token: '****' },
  shippingAddress: { givenName: 'Ada', line1: '1 Main St', city: 'Berlin', postalCode: '10115', country: 'DE' },
  coordination: 'orchestrated' as const,
}
function line(sku: string, quantity: number, price: number) {
  const inEur = (amount: number) => ({ amount, currency: 'EUR' })
  return { sku, name: sku, quantity, unitPrice: inEur(price), lineTotal: inEur(price * quantity) }
}

const placed: OrderEvent = { type: 'OrderPlaced', data: details }
const delivered: OrderEvent[] = [
  placed,
  { type: 'OrderConfirmed', data: {} },
  { type: 'OrderShipped', data: { trackingNumber: 'T' } },
  { type: 'OrderCompleted', data: {} },
]
const deliveredAt = '2026-01-01T00:00:00.000Z'
const wish = (items: { sku: string; quantity: number }[], more: Partial<ReturnWish> = {}): ReturnWish => ({
  ...{ type: 'requestReturn', returnId: 'r1', items, reason: 'too small', windowDays: 30 },
  ...{ deliveredAt, at: '2026-01-02T00:00:00.000Z' },
  ...more,
})
const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const asked = (returnId: string, quantity: number): OrderEvent => ({
  type: 'ReturnRequested',
  data: { returnId, items: mugs(quantity), reason: 'x' },
})
const ended = (returnId: string, outcome: 'completed' | 'refused' | 'lost', quantity: number): OrderEvent => ({
  type: 'ReturnEnded',
  data: { returnId, outcome, items: quantity === 0 ? [] : mugs(quantity), refunded: { amount: 1, currency: 'EUR' } },
})
const when = (events: OrderEvent[], input: ReturnWish) => {
  const decision = orderDecider.decide(fold(orderDecider, events), input)
  return isRefusal(decision) ? decision : decision.map(({ type }) => type)
}

describe('what may be returned', () => {
  test('is what was delivered, for a while', () => {
    expect(when(delivered, wish(mugs(3)))).toEqual(['ReturnRequested'])
    expect(when(delivered.slice(0, 3), wish(mugs(1)))).toMatchObject({ refused: 'not_delivered' })
    expect(when([], wish(mugs(1)))).toMatchObject({ refused: 'not_found' })
    expect(when(delivered, wish(mugs(1), { at: '2026-01-31T00:00:00.000Z' }))).toEqual(['ReturnRequested'])
    expect(when(delivered, wish(mugs(1), { at: '2026-01-31T00:00:00.001Z' }))).toMatchObject({
      refused: 'return_window_over',
    })
  })
  test('is what was ordered and is neither on its way back nor gone; the refusal names the line', () => {
    expect(when([...delivered, asked('a', 2)], wish(mugs(2)))).toEqual({
      refused: 'not_returnable',
      detail: '2 of MUG cannot be returned, but 1',
      lines: [{ sku: 'MUG', quantity: 2, returnable: 1 }],
    })
    expect(when(delivered, wish([...mugs(1), { sku: 'VASE', quantity: 1 }]))).toMatchObject({
      lines: [{ sku: 'VASE', quantity: 1, returnable: 0 }],
    })
    const left = (...events: OrderEvent[]) =>
      returnable(fold(orderDecider, [...delivered, ...events]) as PlacedOrder, 'MUG')
    expect(left(asked('a', 2), ended('a', 'refused', 0))).toBe(3)
    expect(left(asked('a', 2), ended('a', 'completed', 1))).toBe(2)
    expect(left(asked('a', 2), ended('a', 'lost', 2))).toBe(1)
  })
  test('news of a return is for one that has not ended', () => {
    const news = { type: 'ReturnReceived', data: { returnId: 'a' } } as const
    const decide = (...events: OrderEvent[]) =>
      orderDecider.decide(fold(orderDecider, [...delivered, ...events]), { type: 'followReturn', news })
    expect(decide(asked('a', 1))).toEqual([news])
    expect(decide()).toMatchObject({ refused: 'out_of_turn' })
    expect(decide(asked('a', 1), ended('a', 'refused', 0))).toMatchObject({ refused: 'out_of_turn' })
  })
})

test('however returns are asked for and end, no piece is given back twice', () => {
  const step = fc.record({
    what: fc.constantFrom('ask', 'accept', 'refuse', 'lose'),
    quantity: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const events = [...delivered]
      const open: { id: string; quantity: number }[] = []
      let gone = 0
      for (const [n, { what, quantity }] of steps.entries()) {
        if (what === 'ask') {
          const decision = orderDecider.decide(fold(orderDecider, events), wish(mugs(quantity), { returnId: `r${n}` }))
          if (isRefusal(decision)) continue
          events.push(...decision)
          open.push({ id: `r${n}`, quantity })
        } else {
          const ending = open.shift()
          if (ending === undefined) continue
          const lost = what === 'refuse' ? 0 : what === 'lose' ? ending.quantity : Math.min(quantity, ending.quantity)
          gone += lost
          events.push(ended(ending.id, what === 'lose' ? 'lost' : 'completed', lost))
        }
        const underWay = open.reduce((sum, { quantity }) => sum + quantity, 0)
        expect(gone + underWay).toBeLessThanOrEqual(3)
        expect(returnable(fold(orderDecider, events) as PlacedOrder, 'MUG')).toBe(3 - gone - underWay)
      }
    }),
    { numRuns: 300, interruptAfterTimeLimit: 5_000 },
  )
})
