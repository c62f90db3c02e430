import { expect, test } from 'vitest'
import { type NotifiedFact, noticeOf, notifiedTypes, valuesOf } from '../domain/notice.ts'
import { render } from './render.ts'

const data = {
  ...{ orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01', customerId: 'cust-0001' },
  total: { amount: 1_780, currency: 'EUR' },
  trackingNumber: 'WB123',
}
const returned = { ...data, returnId: '5d1f6a52-0d5a-4c8e-9d75-0a6d9d1c7b10' }
const mugs = [{ sku: 'MUG', quantity: 2 }]
const tea = [{ sku: 'TEA', quantity: 1 }]
const facts = [
  ...notifiedTypes.slice(0, 3).map((type) => ({ type, data })),
  ...['payment_declined', 'operator_decision'].flatMap((reason) =>
    ['order.rejected', 'order.cancelled'].map((type) => ({ type, data: { ...data, reason } })),
  ),
  { type: 'order.return-requested', data: { ...returned, items: mugs, reason: 'x' } },
  { type: 'order.return-label-issued', data: returned },
  { type: 'order.return-received', data: returned },
  ...[
    [mugs, tea],
    [mugs, []],
    [[], tea],
  ].map(([accepted, refused]) => ({
    type: 'order.return-inspected',
    data: { ...returned, accepted, refused },
  })),
  ...['completed', 'refused', 'impossible', 'lost', 'cancelled'].map((outcome) => ({
    type: 'order.return-ended',
    data: { ...returned, outcome, items: mugs, refunded: { amount: 1_780, currency: 'EUR' } },
  })),
] as NotifiedFact[]

test('a mail in English that has to wait says what it would have said at once', () => {
  for (const fact of facts) {
    const { kind, subject, text } = noticeOf(fact)
    const wording = { template: kind, channel: 'email', locale: 'en', version: 1 } as const
    expect(render(wording, valuesOf(fact))).toMatchObject({ title: subject, text })
  }
})
