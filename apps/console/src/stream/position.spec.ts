import fc from 'fast-check'
import { expect, test } from 'vitest'
import { between, decodePosition, encodePosition } from './position.ts'

const offsets = fc.array(fc.nat(), { minLength: 1, maxLength: 8 })
const position = fc.dictionary(fc.stringMatching(/^[a-z.-]{1,20}$/), offsets, { maxKeys: 8 })

test('a position comes back as it was, and anything else is none', () => {
  fc.assert(
    fc.property(position, (parts) => {
      const given = new Map(Object.entries(parts))
      expect(decodePosition(encodePosition(given))).toEqual(given.size === 0 ? undefined : given)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = decodePosition(text)
      if (read !== undefined) expect(encodePosition(read).length).toBeLessThanOrEqual(text.length)
    }),
  )
  for (const text of ['orders', 'orders=', 'orders=1..2', 'orders=-1', 'a b=1', `${'x=1;'.repeat(33)}y=1`])
    expect(decodePosition(text), text).toBeUndefined()
})

test('between two positions lies what was missed, a new partition from its beginning', () => {
  const from = new Map([['orders', [3, 5]]])
  const to = new Map([['orders', [3, 9, 2]]])
  expect(between(from, to)).toEqual([
    { topic: 'orders', partition: 1, offset: 5, end: 9 },
    { topic: 'orders', partition: 2, offset: 0, end: 2 },
  ])
  expect(between(to, from)).toEqual([])
})
