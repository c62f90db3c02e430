import { expect, test } from 'vitest'
import { Breather } from './breather.ts'

/** Messages arrive evenly for five seconds, each one a transaction; answers the pause after the last. */
const pauseAt = (perSecond: number): number => {
  let now = 0
  const breather = new Breather(() => now)
  for (; now < 5_000; now += 1_000 / perSecond) breather.arrived(1)
  breather.transactionEnded()
  return breather.remainingMs()
}

test('little to do: the next transaction may begin at once', () => {
  expect(pauseAt(1)).toBe(0)
  expect(pauseAt(100)).toBe(0)
})

test('the more arrives the longer the pause, up to a tenth of a second', () => {
  expect(pauseAt(250)).toBeGreaterThan(20)
  expect(pauseAt(300)).toBeGreaterThan(pauseAt(250))
  expect(pauseAt(300)).toBeLessThan(100)
  expect(pauseAt(2_000)).toBe(100)
})

test('a pause ends by itself, and what was busy is forgotten', () => {
  let now = 0
  const breather = new Breather(() => now)
  breather.arrived(1_000)
  breather.transactionEnded()
  expect(breather.remainingMs()).toBe(100)
  now = 60
  expect(breather.remainingMs()).toBe(40)
  now = 10_000
  expect(breather.remainingMs()).toBeLessThanOrEqual(0)
  breather.transactionEnded()
  expect(breather.remainingMs()).toBe(0)
})
