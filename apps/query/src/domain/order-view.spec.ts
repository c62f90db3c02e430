import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '#libs/contracts'
import { evolveProgress, nothingHappened, type OrderViewFact, orderAnswer, placedOrder } from './order-view.ts'

const orderId = '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01'
const customerId = 'cust-0001'
const total = { amount: 1780, currency: 'EUR' }
let second = 0
const fact = (type: OrderViewFact['type'], data: object = {}): OrderViewFact =>
  ({
    id: `m-${type}`,
    type,
    source: '/waybill/test',
    subject: orderId,
    time: `2026-01-01T00:00:${String(second++ % 60).padStart(2, '0')}.000Z`,
    key: customerId,
    correlationId: orderId,
    causationId: 'm0',
    data: { orderId, customerId, total, ...data },
  }) as unknown as OrderViewFact

const parcel = { shipmentId: 's1', trackingNumber: 'WB123' }
const byTopic: OrderViewFact[][] = [
  [
    fact('order.placed', {
      items: [{ sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: { amount: 890, currency: 'EUR' }, lineTotal: total }],
      coordination: 'orchestrated',
    }),
    fact('order.confirmed'),
    fact('order.shipped', { trackingNumber: 'WB123' }),
    fact('order.completed'),
  ],
  [fact('payment.authorized', { amount: total }), fact('payment.captured', { amount: total })],
  [fact('stock.reserved', { lines: [] }), fact('stock.dispatched', { lines: [] })],
  [fact('shipment.booked', parcel), fact('shipment.dispatched', parcel), fact('shipment.delivered', parcel)],
]
const progressOf = (facts: readonly OrderViewFact[]) => facts.reduce(evolveProgress, nothingHappened)
const placed = placedOrder(byTopic[0]![0] as Message<'order.placed'>)

test('a completed order answers with everything that happened to it', () => {
  expect(orderAnswer(orderId, placed, progressOf(byTopic.flat()))).toMatchObject({
    orderId,
    customerId,
    status: 'completed',
    total,
    payment: { status: 'captured', authorized: total, captured: total, refunded: { amount: 0, currency: 'EUR' } },
    shipment: { status: 'delivered', trackingNumber: 'WB123' },
  })
})

test('any interleaving of the topics ends the same', () => {
  const interleaving = fc.shuffledSubarray(
    byTopic.flatMap((facts, topic) => facts.map(() => topic)),
    { minLength: byTopic.flat().length },
  )
  fc.assert(
    fc.property(interleaving, (order) => {
      const queues = byTopic.map((facts) => [...facts])
      expect(progressOf(order.map((topic) => queues[topic]!.shift()!))).toEqual(progressOf(byTopic.flat()))
    }),
  )
})
