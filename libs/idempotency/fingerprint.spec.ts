import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprint } from './fingerprint.ts'

/** The same value with the fields of every object in the opposite order. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, field]) => [name, reversed(field)]),
  )
}

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)

test('the order of fields makes no difference', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(fingerprint(reversed(value))).toBe(fingerprint(value))
    }),
  )
})

test('anything else does', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)))
      expect(fingerprint(a)).not.toBe(fingerprint(b))
    }),
  )
})

test.each([
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, [['a', 1]]],
  [{ object: [['a', 1]] }, { a: 1 }],
  [{ a: { b: 1 }, c: 2 }, { a: { b: 1, c: 2 } }],
  [1, '1'],
  [null, {}],
])('%j is not %j', (a, b) => {
  expect(fingerprint(a)).not.toBe(fingerprint(b))
})

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  )
}
