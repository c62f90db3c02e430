import { expect, test } from 'vitest'
import { texts } from './search.ts'

test('an address is read for what it may say, and nothing else', () => {
  expect(
    texts({ actor: 'ann', target: 12, from: ['x'], other: 'y', empty: '' }, 'actor', 'target', 'from', 'empty'),
  ).toEqual({
    actor: 'ann',
    target: '12',
  })
  expect(texts({ actor: 'a'.repeat(201) }, 'actor')).toEqual({})
})
