import { expect, test } from 'vitest'
import {
  effectsCheck,
  isBehind,
  judgeMoney,
  moneyCheck,
  type OrderEffects,
  type PricedOrder,
  type Return,
} from './money.ts'

const NOW = Date.parse('2026-01-02T00:00:00Z')
const order = (orderId: string, status: string, more: Partial<PricedOrder> = {}): PricedOrder => ({
  ...{ orderId, status, updatedAt: '2026-01-01T00:00:00Z', items: [{ unitPrice: { amount: 500 } }] },
  ...{ total: { amount: 1_000 }, ...more },
})
const back = (status: string, returnId = 'r'): Return => ({ returnId, status, returned: [] })
const effects = (orderId: string, more: Partial<OrderEffects> = {}): OrderEffects => ({
  ...{ orderId, authorized: 1_000, captured: 1_000, voided: 0, refunded: 0, effects: 4, doubled: [], ...more },
})

test('an order that stands was paid for, one that does not was not, and returns are paid back', () => {
  const orders = [
    order('stands', 'completed'),
    order('back', 'completed', { items: [{ unitPrice: { amount: 500 }, returned: 1 }], returns: [back('completed')] }),
    order('cancelled', 'cancelled'),
  ]
  const ledger = [
    effects('stands'),
    effects('back', { refunded: 500 }),
    effects('cancelled', { captured: 0, voided: 1_000 }),
  ]
  expect(moneyCheck(judgeMoney(orders, ledger, NOW))).toMatchObject({ violations: 0, of: 3, sample: [] })
})

test('what was taken twice, kept or left authorized is said', () => {
  const orders = [order('twice', 'completed'), order('kept', 'rejected'), order('held', 'cancelled')]
  const ledger = [
    effects('twice', { captured: 2_000, authorized: 2_000 }),
    effects('kept'),
    effects('held', { captured: 0 }),
  ]
  expect(moneyCheck(judgeMoney(orders, ledger, NOW)).sample).toEqual([
    'order twice (completed): captured − refunded is 2000, not 1000',
    'order kept (rejected): captured − refunded is 1000, not 0',
    'order held (cancelled): 1000 stays authorized',
  ])
})

test('what is under way is not judged', () => {
  const orders = [
    order('open', 'confirmed'),
    order('just now', 'completed', { updatedAt: '2026-01-01T23:59:55Z' }),
    order('returning', 'completed', { returns: [{ returnId: 'r', status: 'requested' }] }),
    order('unknown there', 'completed'),
  ]
  const ledger = ['open', 'just now', 'returning'].map((orderId) => effects(orderId, { captured: 1 }))
  expect(moneyCheck(judgeMoney(orders, ledger, NOW))).toMatchObject({ violations: 0, of: 0 })
})

test('what is there twice is counted, over all that is there', () => {
  const twice = effects('a', { doubled: [{ what: 'mail order_completed', times: 2 }] })
  expect(effectsCheck([twice, effects('b')])).toMatchObject({
    ...{ violations: 1, of: 8, sample: ['order a: mail order_completed 2 times'] },
  })
})

test('a read model that does not know what the owner does is behind', () => {
  const asRead = order('back', 'completed', { returns: [back('completed')] })
  expect(isBehind(asRead, [back('completed')])).toBe(false)
  expect(isBehind(asRead, [back('completed'), back('requested', 's')])).toBe(true)
  expect(isBehind(order('back', 'completed', { returns: [back('inspected')] }), [back('completed')])).toBe(true)
  expect(isBehind(order('none', 'completed'), [])).toBe(false)
})
