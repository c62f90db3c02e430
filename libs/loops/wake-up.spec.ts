import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WakeUp } from './wake-up.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const outcome = async (sleep: Promise<void>): Promise<'asleep' | 'awake'> => {
  let state: 'asleep' | 'awake' = 'asleep'
  void sleep.then(() => {
    state = 'awake'
  })
  await vi.advanceTimersByTimeAsync(0)
  return state
}

test('a signal ends the sleep, also one that comes before it, and only one sleep', async () => {
  const wakeUp = new WakeUp()
  const sleep = wakeUp.wait(Number.POSITIVE_INFINITY)
  expect(await outcome(sleep)).toBe('asleep')
  wakeUp.signal()
  expect(await outcome(sleep)).toBe('awake')
  wakeUp.signal()
  expect(await outcome(wakeUp.wait(1_000))).toBe('awake')
  expect(await outcome(wakeUp.wait(1_000))).toBe('asleep')
})

test('a signal before the reset is none', async () => {
  const wakeUp = new WakeUp()
  wakeUp.signal()
  wakeUp.reset()
  expect(await outcome(wakeUp.wait(1_000))).toBe('asleep')
})

test('the sleep ends by itself', async () => {
  const sleep = new WakeUp().wait(1_000)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await outcome(sleep)).toBe('awake')
})
