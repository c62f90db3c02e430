import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '#libs/contracts'
import { orderAnswer } from '../../api/order-answer.ts'
import { evolveProgress, nothingHappened, type OrderViewFact, placedOrder } from './fold.ts'

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

const euros = (amount: number) => ({ amount, currency: 'EUR' })
const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const back = (returnId: string, type: OrderViewFact['type'], data: object = {}): OrderViewFact => ({
  ...fact(type, { returnId, ...data }),
  id: `m-${returnId}-${type}`,
})
/** Two returns at once of one order: one comes back, the other one's parcel is lost. */
const returns: OrderViewFact[] = [
  back('first', 'order.return-requested', { items: mugs(1) }),
  back('second', 'order.return-requested', { items: mugs(1) }),
  back('second', 'order.return-label-issued'),
  back('first', 'order.return-label-issued'),
  back('first', 'order.return-received'),
  back('first', 'order.return-inspected', { accepted: mugs(1), refused: [] }),
  back('second', 'payment.return-refunded', { amount: euros(890) }),
  back('first', 'payment.return-refunded', { amount: euros(890) }),
  back('second', 'order.return-ended', { outcome: 'lost', items: mugs(1), refunded: euros(890) }),
  back('first', 'order.return-ended', { outcome: 'completed', items: mugs(1), refunded: euros(890) }),
]

test('returns are shown with what of each line came back, and what was refunded for it', () => {
  const answerAfter = (count: number) =>
    orderAnswer(orderId, placed, progressOf([...byTopic.flat(), ...returns.slice(0, count)]))
  expect(answerAfter(3)).toMatchObject({
    items: [{ sku: 'MUG', quantity: 2, returned: 0 }],
    returns: [
      { returnId: 'first', status: 'requested' },
      { returnId: 'second', status: 'label_issued' },
    ],
    payment: { status: 'captured', refunded: euros(0) },
  })
  expect(answerAfter(returns.length)).toMatchObject({
    items: [{ sku: 'MUG', quantity: 2, returned: 2 }],
    returns: [
      { returnId: 'first', status: 'completed', items: mugs(1), returned: mugs(1), refunded: euros(890) },
      { returnId: 'second', status: 'lost', items: mugs(1), returned: mugs(1), refunded: euros(890) },
    ],
    payment: { status: 'captured', refunded: total },
  })
})

/** What participants may tell in the course of one order, each way as it is told from its beginning to its end. */
const cancelled = { reason: 'customer_request' }
const ways: OrderViewFact[][] = [
  byTopic.flat(),
  [...byTopic.flat(), ...returns],
  [
    fact('order.placed'),
    fact('payment.failed', { operation: 'authorize' }),
    fact('payment.authorized', { amount: total }),
    fact('order.confirmed'),
    fact('payment.captured', { amount: total }),
    fact('shipment.failed', { operation: 'ship' }),
    fact('shipment.booked', parcel),
    fact('order.cancellation-requested'),
    fact('shipment.cancelled'),
    fact('payment.refunded', { amount: total }),
    fact('order.cancelled', cancelled),
  ],
  [
    fact('order.placed'),
    fact('order.cancellation-requested'),
    fact('payment.authorized', { amount: total }),
    fact('payment.voided', { amount: total }),
    fact('order.cancelled', cancelled),
  ],
  [
    fact('order.placed'),
    fact('payment.failed', { operation: 'authorize' }),
    fact('payment.declined', { operation: 'authorize' }),
    fact('payment.voided', { amount: { amount: 0, currency: 'EUR' } }),
    fact('order.rejected', { reason: 'payment_declined' }),
  ],
  [
    fact('order.placed'),
    fact('shipment.booked', parcel),
    fact('order.cancellation-requested'),
    fact('shipment.dispatched', parcel),
    fact('order.cancellation-refused'),
    fact('order.shipped'),
    fact('shipment.delivered', parcel),
    fact('order.completed'),
  ],
]

test('any interleaving between topics and between partitions of one topic ends the same', () => {
  for (const way of ways) {
    const inOrder = progressOf(way)
    const anyOrder = fc.shuffledSubarray(way, { minLength: way.length })
    fc.assert(
      fc.property(anyOrder, (facts) => {
        expect(progressOf(facts)).toEqual(inOrder)
      }),
    )
  }
})

test('an order ends as the last of its facts say', () => {
  expect(ways.map((way) => progressOf(way))).toMatchObject([
    { status: 'completed', payment: { status: 'captured' }, shipment: { status: 'delivered' } },
    { status: 'completed', returns: { first: { status: 'completed' }, second: { status: 'lost' } } },
    { status: 'cancelled', payment: { status: 'refunded', captured: 1780 }, shipment: { status: 'cancelled' } },
    { status: 'cancelled', payment: { status: 'voided', authorized: 1780 } },
    { status: 'rejected', payment: { status: 'voided' } },
    { status: 'completed', cancellation: 'refused', shipment: { status: 'delivered' } },
  ])
})
