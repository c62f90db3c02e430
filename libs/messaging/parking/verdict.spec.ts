import { expect, test } from 'vitest'
import { refuse } from '#libs/decider'
import { defaultRetryPolicy, retryDelayMs } from './retry-policy.ts'
import { failureVerdict, refusalVerdict } from './verdict.ts'

const now = new Date('2026-01-01T00:00:00Z')
const failed = (attempts: number, hasKey = true, error: unknown = new Error('not yet')) =>
  failureVerdict(error, { attempts, hasKey, policy: defaultRetryPolicy, now })

test('a failed message is retried later and later, for about a minute', () => {
  const delays = Array.from({ length: 7 }, (_, i) => failed(i + 1).nextAttemptAt!.getTime() - now.getTime())
  for (const [i, delay] of delays.entries()) {
    const nominal = Math.min(30_000, 500 * 2 ** i)
    expect(delay).toBeGreaterThanOrEqual(0.8 * nominal)
    expect(delay).toBeLessThanOrEqual(1.2 * nominal)
  }
  const middle = Array.from({ length: 7 }, (_, i) => retryDelayMs(defaultRetryPolicy, i + 1, () => 0.5))
  expect(middle.reduce((sum, delay) => sum + delay)).toBe(61_500)
})

test('after the last attempt it is dead and still holds its key back', () => {
  expect(failed(7)).toMatchObject({ status: 'retrying', blocksKey: true, reason: 'handler_failed' })
  expect(failed(8)).toMatchObject({ status: 'dead', blocksKey: true, nextAttemptAt: null, error: 'Error: not yet' })
  expect(failed(8).stack).toMatch(/^Error: not yet\n +at /)
})

test('one that its handler refuses is dead at once and holds nobody back', () => {
  expect(refusalVerdict(refuse('unknown_order', 'no order 7'))).toMatchObject({
    status: 'dead',
    reason: 'unprocessable',
    blocksKey: false,
    error: 'unknown_order: no order 7',
  })
})

test('a message without a key holds nobody back', () => {
  expect(failed(1, false).blocksKey).toBe(false)
})

test('what a failure says can be stored, zero bytes and all', () => {
  expect(failed(1, true, new Error('a\0b')).error).toBe('Error: a\uFFFDb')
})
