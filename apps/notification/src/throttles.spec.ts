import { expect, test } from 'vitest'
import { Throttles } from './throttles.ts'

test('all that goes to a busy provider waits until it said, spread over as much time again; others do not', () => {
  const clock = { now: 1_000_000 }
  const draws = [0, 0.5, 0.999]
  const throttles = new Throttles(
    () => clock.now,
    () => draws.shift() ?? 0,
  )
  expect(throttles.heldUntil('sms')).toBeUndefined()
  expect(throttles.hold('sms', 10_000).getTime()).toBe(1_010_000)
  clock.now += 5_000
  expect(throttles.heldUntil('sms')!.getTime()).toBe(1_012_500)
  expect(throttles.heldUntil('push')).toBeUndefined()
  // A shorter word does not take back a longer one.
  expect(throttles.hold('sms', 0).getTime()).toBe(1_014_995)
  clock.now = 1_010_000
  expect(throttles.heldUntil('sms')).toBeUndefined()
  expect(throttles.hold('push', 0).getTime()).toBe(clock.now)
})
