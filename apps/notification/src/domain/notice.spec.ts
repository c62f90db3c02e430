import { expect, test } from 'vitest'
import { Customers } from './customers.ts'
import { type NotifiedFact, noticeOf } from './notice.ts'

const orderId = '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01'
const fact = (type: NotifiedFact['type'], more: object = {}): NotifiedFact =>
  ({
    id: 'm1',
    type,
    source: '/waybill/order',
    subject: orderId,
    time: '2026-01-01T00:00:00.000Z',
    key: 'cust-0001',
    correlationId: orderId,
    causationId: 'm0',
    data: { orderId, customerId: 'cust-0001', total: { amount: 1780, currency: 'EUR' }, ...more },
  }) as NotifiedFact

test('each moment of an order is told in its own kind and words', () => {
  const notices = [
    noticeOf(fact('order.confirmed')),
    noticeOf(fact('order.shipped', { trackingNumber: 'WB123' })),
    noticeOf(fact('order.completed')),
    noticeOf(fact('order.rejected', { reason: 'out_of_stock' })),
    noticeOf(fact('order.cancelled', { reason: 'customer_request' })),
  ]
  expect(notices.map((notice) => notice.kind)).toEqual([
    'order_confirmed',
    'order_shipped',
    'order_completed',
    'order_rejected',
    'order_cancelled',
  ])
  expect(notices[0]!.text).toContain('17.80 EUR')
  expect(notices[1]!.text).toContain('WB123')
  expect(notices[3]!.text).toContain('an item is out of stock')
  expect(notices[4]!.text).toContain('you asked us to')
  for (const notice of notices) expect(notice.text).toContain(orderId)
})

const returnId = '5d1f6a52-0d5a-4c8e-9d75-0a6d9d1c7b10'
const mugs = [{ sku: 'MUG', quantity: 2 }]
const returned = (type: NotifiedFact['type'], more: object = {}) => noticeOf(fact(type, { returnId, ...more }))
const endedAs = (outcome: string, amount = 1780) =>
  returned('order.return-ended', { outcome, items: mugs, refunded: { amount, currency: 'EUR' } })

test('each moment of a return is told in its own kind and words, and names the return', () => {
  const inspected = { accepted: [{ sku: 'MUG', quantity: 1 }], refused: [{ sku: 'TEA', quantity: 1 }] }
  const told = [
    [returned('order.return-requested', { items: mugs, reason: 'too small' }), 'return_requested', '2 x MUG'],
    [returned('order.return-label-issued', { trackingNumber: 'WB9' }), 'return_label_issued', 'WB9'],
    [returned('order.return-received'), 'return_received', 'arrived in our warehouse'],
    [
      returned('order.return-inspected', inspected),
      'return_inspected',
      'We have taken back 1 x MUG. We cannot take back 1 x TEA, which goes back to you.',
    ],
    [endedAs('completed'), 'return_completed', '17.80 EUR are on their way back to you'],
    [endedAs('refused', 0), 'return_refused', 'goes back to you'],
    [endedAs('impossible', 0), 'return_impossible', 'You keep the goods'],
    [endedAs('lost'), 'return_lost', '17.80 EUR are on their way back to you'],
    [endedAs('cancelled', 0), 'return_cancelled', 'You keep the goods'],
  ] as const
  for (const [notice, kind, words] of told) {
    expect(notice).toMatchObject({ kind, orderId, returnId, customerId: 'cust-0001' })
    expect(notice.text).toContain(words)
    expect(notice.text).toContain(orderId)
  }
  expect(new Set(told.map(([{ subject }]) => subject)).size).toBe(told.length)
})

test.each([
  ['EUR', 1_200_000, '12000.00 EUR'],
  ['JPY', 1_200, '1200 JPY'],
  ['KWD', 1_200, '1.200 KWD'],
])('an amount in %s has the digits of its currency', (currency, amount, text) => {
  expect(noticeOf(fact('order.confirmed', { total: { amount, currency } })).text).toContain(`over ${text} and`)
})

test('a customer on file is written to there, any other at an address made from the id', () => {
  const customers = new Customers([{ customerId: 'cust-0001', name: 'Ada', email: 'ada@example.com' }])
  expect(customers.emailOf('cust-0001')).toBe('ada@example.com')
  expect(customers.emailOf('somebody_else')).toBe('somebody_else@customers.example')
})
