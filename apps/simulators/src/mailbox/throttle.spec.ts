import { expect, test } from 'vitest'
import { Throttle } from './throttle.ts'

test('of each second so many are let through, and without a limit all', () => {
  const throttle = new Throttle()
  const count = (limit: number, now: number) =>
    Array.from({ length: 10 }, () => throttle.lets(limit, now)).filter(Boolean).length
  expect([count(3, 1_000), count(3, 1_999), count(3, 2_000), count(0, 3_000)]).toEqual([3, 0, 3, 10])
})
