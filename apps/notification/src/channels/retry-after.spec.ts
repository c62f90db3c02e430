import { expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const now = Date.parse('2026-11-28T12:00:00Z')

test.each([
  ['0', 0],
  [' 120 ', 120_000],
  ['Sat, 28 Nov 2026 12:00:30 GMT', 30_000],
  ['Sat, 28 Nov 2026 11:00:00 GMT', 0],
  ['999999999', 3_600_000],
  [undefined, 1_000],
  ['soon', 1_000],
  ['-5', 1_000],
])('Retry-After: %s', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms))
