import { expect, test } from 'vitest'
import type { TopicRecord } from '#libs/messaging'
import { type MessageFilter, matcherOf } from './message-filter.ts'

const record: TopicRecord = {
  ...{ topic: 'orders', partition: 0, offset: 7, timestamp: 0, key: Buffer.from('cust-0001') },
  value: Buffer.from('{"city":"Umeå","payment":{"token":"tok_secret"}}'),
  headers: { ce_type: 'order.placed', empty: null },
}
const matches = (filter: MessageFilter, of: Partial<TopicRecord> = {}) => matcherOf(filter)({ ...record, ...of })

test.each<[MessageFilter, boolean]>([
  [{}, true],
  [{ key: 'cust-0001' }, true],
  [{ key: 'cust-000' }, false],
  [{ header: 'ce_type' }, true],
  [{ header: 'empty' }, true],
  [{ header: 'toString' }, false],
  [{ header: 'ce_type: PLACED' }, true],
  [{ header: 'ce_type:confirmed' }, false],
  [{ value: 'umeå' }, true],
  [{ value: 'Berlin' }, false],
  [{ key: 'cust-0001', header: 'ce_type:order', value: 'Berlin' }, false],
])('%o', (filter, expected) => {
  expect(matches(filter)).toBe(expected)
})

test('a token is not found by its text, and nothing is in what is not there', () => {
  expect(matches({ value: 'tok_secret' })).toBe(false)
  expect(matches({ value: '****' })).toBe(true)
  expect(matches({ value: '' }, { value: null })).toBe(false)
  expect(matches({ key: 'null' }, { key: null })).toBe(false)
})
