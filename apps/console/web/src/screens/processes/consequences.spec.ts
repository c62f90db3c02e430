import { expect, test } from 'vitest'
import { consequenceFor, leftOf, memorySays } from './consequences.ts'

test('what breaking a process means is said for each', () => {
  expect(consequenceFor('broker')).toMatch(/outbox/)
  expect(consequenceFor('payment')).toBe(consequenceFor('inventory'))
})

test('memory and what is left of a pause are said as people say them', () => {
  expect(memorySays(null)).toBe('–')
  expect(memorySays(93 * 1_048_576 + 100)).toBe('93 MB')
  const now = Date.parse('2026-01-02T00:00:00Z')
  expect(leftOf('2026-01-02T00:00:42Z', now)).toBe(42_000)
  expect(leftOf('2026-01-01T00:00:00Z', now)).toBe(0)
})
