import { expect, test } from 'vitest'
import { meaning, orderFilter } from './filter.ts'

test('an address may hold anything: what makes no sense is left out', () => {
  expect(orderFilter({ customer: 'cust-0001', status: 'placed' })).toEqual({ customer: 'cust-0001', status: 'placed' })
  expect(orderFilter({ customer: '<b>', status: 'toString' })).toEqual({})
  expect(orderFilter({ customer: 7, status: ['placed'] })).toEqual({})
})

test('an order id leads to the order, anything else that can be one is a customer', () => {
  expect(meaning(' 0198C0DE-0000-7000-8000-000000000001 ')).toEqual({
    kind: 'order',
    orderId: '0198c0de-0000-7000-8000-000000000001',
  })
  expect(meaning('cust-0001')).toEqual({ kind: 'customer', customer: 'cust-0001' })
  expect(meaning('  ')).toEqual({ kind: 'nothing' })
  expect(meaning('two words')).toEqual({ kind: 'unclear' })
})
