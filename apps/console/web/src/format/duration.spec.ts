import { expect, test } from 'vitest'
import { age, duration } from './duration.ts'

test.each([
  [0, '0 ms'],
  [-3, '0 ms'],
  [12.4, '12 ms'],
  [1_440, '1.4 s'],
  [42_400, '42 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [187_200_000, '2 d 4 h'],
  [Number.NaN, '–'],
])('%d ms is %s', (ms, said) => {
  expect(duration(ms)).toBe(said)
})

test('an age says its largest unit', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  expect(age('2026-01-01T23:59:58Z', now)).toBe('just now')
  expect(age('2026-01-01T23:59:18Z', now)).toBe('42 s ago')
  expect(age('2026-01-01T23:56:40Z', now)).toBe('3 min ago')
  expect(age('2025-12-30T20:00:00Z', now)).toBe('2 d ago')
})
