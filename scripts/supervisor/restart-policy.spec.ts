import { expect, test } from 'vitest'
import { afterCrash, NO_CRASHES } from './restart-policy.ts'

const crashes = (...lifetimes: number[]) => {
  let state = NO_CRASHES
  return lifetimes.map((lifetime) => {
    const decision = afterCrash(state, lifetime)
    state = decision.state
    return decision
  })
}

test('the first crash restarts at once, each further one waits longer, up to a limit', () => {
  expect(crashes(0, 0, 0, 0, 0, 0, 0, 0).map(({ delay }) => delay)).toEqual([0, 200, 500, 1000, 2000, 5000, 5000, 5000])
})

test('a process that ran for a while starts with a clean slate', () => {
  expect(crashes(0, 0, 60_000).map(({ delay }) => delay)).toEqual([0, 200, 0])
})

test('crashes in a row become a loop, and stop being one', () => {
  expect(crashes(0, 0, 0, 0, 60_000).map(({ looping }) => looping)).toEqual([false, false, false, true, false])
})
