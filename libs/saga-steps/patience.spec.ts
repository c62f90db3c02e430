import fc from 'fast-check'
import { expect, test } from 'vitest'
import { retryAt, silenceEnds } from './patience.ts'

const at = '2026-01-01T00:00:00.000Z'
const delayMs = (due: string) => Date.parse(due) - Date.parse(at)

test('every attempt waits about twice as long as the one before, and never longer than six minutes', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 20 }), (orderId, attempt) => {
      const retryMs = delayMs(retryAt(orderId, 'capture-payment', attempt, at))
      expect(retryMs).toBeGreaterThanOrEqual(Math.min(1_000 * 2 ** (attempt - 1), 300_000))
      expect(retryMs).toBeLessThanOrEqual(1_250 * 2 ** (attempt - 1))
      expect(delayMs(silenceEnds(orderId, 'capture-payment', attempt, at))).toBeLessThanOrEqual(375_000)
    }),
  )
})

test('the same attempt is due at the same time again, other orders at other times', () => {
  const due = (orderId: string) => retryAt(orderId, 'capture-payment', 2, at)
  expect(due('a')).toBe(due('a'))
  expect(new Set(['a', 'b', 'c', 'd'].map(due)).size).toBe(4)
})
