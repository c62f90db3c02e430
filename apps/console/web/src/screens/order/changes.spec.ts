import { expect, test } from 'vitest'
import { changes } from './changes.ts'

test('what is new or different is named by its path', () => {
  expect(changes({ a: 1, b: { c: 1 } }, { a: 1, b: { c: 2 }, d: [] })).toEqual(['b.c', 'd'])
  expect(changes({ items: [{ n: 1 }] }, { items: [{ n: 1 }, { n: 2 }] })).toEqual(['items.1'])
  expect(changes({ a: 1 }, { a: 1 })).toEqual([])
  expect(changes(undefined, { a: 1 })).toEqual([''])
})
