import { expect, test } from 'vitest'
import { CommitPacing } from './commit-pacing.ts'

/** Messages arrive evenly for five seconds, each one a transaction; answers the pause after the last. */
const pauseAt = (perSecond: number): number => {
  let now = 0
  const pacing = new CommitPacing(60, () => now)
  for (; now < 5_000; now += 1_000 / perSecond) pacing.arrived(1)
  pacing.transactionEnded()
  return pacing.remainingMs()
}

test('little to do: the next transaction may begin at once', () => {
  expect(pauseAt(1)).toBe(0)
  expect(pauseAt(100)).toBe(0)
})

test('the more arrives the longer the pause, up to a limit', () => {
  expect(pauseAt(200)).toBeGreaterThan(10)
  expect(pauseAt(250)).toBeGreaterThan(pauseAt(200))
  expect(pauseAt(250)).toBeLessThan(60)
  expect(pauseAt(2_000)).toBe(60)
})

test('a pause ends by itself, and what was busy is forgotten', () => {
  let now = 0
  const pacing = new CommitPacing(60, () => now)
  pacing.arrived(1_000)
  pacing.transactionEnded()
  expect(pacing.remainingMs()).toBe(60)
  now = 20
  expect(pacing.remainingMs()).toBe(40)
  now = 10_000
  expect(pacing.remainingMs()).toBeLessThanOrEqual(0)
  pacing.transactionEnded()
  expect(pacing.remainingMs()).toBe(0)
})
