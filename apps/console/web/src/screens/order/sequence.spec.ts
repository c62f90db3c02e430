import { expect, test } from 'vitest'
import { message } from './order.fixture.ts'
import { sequence } from './sequence.ts'

const nothing = { placedAt: new Date(0).toISOString(), messages: [], operations: [], shipments: [], mails: [] }
const iso = (ms: number) => new Date(ms).toISOString()

const authorize = message('payment.authorize', {
  id: 'c1',
  by: 'order',
  topic: 'payment-commands',
  cause: 'r',
  at: 0,
  published: 15,
})
const authorized = message('payment.authorized', { id: 'f1', by: 'payment', topic: 'payments', cause: 'c1', at: 40 })

test('an arrow goes from who said it to who did something because of it, with the time that it lay where', () => {
  const arrows = sequence({ ...nothing, messages: [authorize, authorized] })
  expect(arrows.map(({ from, to, label }) => [from, to, label])).toEqual([
    ['customer', ['order'], 'POST /api/orders'],
    ['order', ['payment'], 'payment.authorize'],
    ['payment', ['order'], 'payment.authorized'],
  ])
  expect(arrows[1]).toMatchObject({ kind: 'command', outboxMs: 15, handledMs: 25 })
  expect(arrows[2]).toMatchObject({ kind: 'fact', outboxMs: 10 })
  expect(arrows[2]!.handledMs).toBeUndefined()
})

test('what several react to goes to all of them', () => {
  const placed = message('order.placed', { id: 'p', by: 'order', topic: 'orders', cause: 'r', at: 0 })
  const reserved = message('stock.reserved', { id: 's', by: 'inventory', topic: 'inventory', cause: 'p', at: 20 })
  const paid = message('payment.authorized', { id: 'a', by: 'payment', topic: 'payments', cause: 'p', at: 30 })
  const [, arrow] = sequence({ ...nothing, messages: [placed, reserved, paid] })
  expect(arrow).toMatchObject({ label: 'order.placed', to: ['inventory', 'payment'], handledMs: 10 })
})

test('a message that lies in its topic twice is marked the second time', () => {
  const again = { ...authorize, offset: 7, publishedAt: iso(500) }
  const [, first, second] = sequence({ ...nothing, messages: [authorize, again] })
  expect(first!.notes).toEqual([])
  expect(second!.notes).toEqual(['published again: known by its id'])
})

test('the outside world is asked and reports; a call that is repeated is numbered', () => {
  const operation = { operation: 'authorize' as const, orderId: 'o1', amount: 1, currency: 'EUR', idempotencyKey: 'k' }
  const arrows = sequence({
    ...nothing,
    operations: [
      { ...operation, result: 'error', code: 'flaky_token', at: iso(1) },
      { ...operation, result: 'ok', at: iso(2) },
    ],
    shipments: [
      {
        shipmentId: 's',
        trackingNumber: 'T',
        orderId: 'o1',
        status: 'dispatched',
        bookedAt: iso(3),
        dispatchedAt: iso(4),
      },
    ],
    mails: [{ to: 'a', from: 'b', subject: 'Hello', text: '', receivedAt: iso(5) }],
  })
  expect(
    arrows.slice(1).map(({ from, to, label, failed, notes }) => [from, to[0], label, failed, notes.length]),
  ).toEqual([
    ['payment', 'provider', 'authorize: flaky_token', true, 0],
    ['payment', 'provider', 'authorize: ok', false, 1],
    ['fulfillment', 'carrier', 'book a parcel', false, 0],
    ['carrier', 'fulfillment', 'picked up', false, 0],
    ['notification', 'customer', 'Hello', false, 0],
  ])
})

test('a record that is none of ours has no place', () => {
  const foreign = { ...authorize, source: 'https://elsewhere.example' }
  expect(sequence({ ...nothing, messages: [foreign] })).toHaveLength(1)
})
