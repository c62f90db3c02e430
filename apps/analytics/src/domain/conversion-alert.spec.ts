import { expect, test } from 'vitest'
import { conversionAlert, dayBefore, hourToLookAt } from './conversion-alert.ts'

const [HOUR, MINUTE] = [3_600_000, 60_000]
const NOON = Date.UTC(2026, 10, 28, 12)

test('an hour is looked at when it is over and nothing of it is corrected any more', () => {
  expect(hourToLookAt(NOON + MINUTE - 1, MINUTE)).toBe(NOON - 2 * HOUR)
  expect(hourToLookAt(NOON + MINUTE, MINUTE)).toBe(NOON - HOUR)
  expect(dayBefore(NOON)).toBe(Date.UTC(2026, 10, 27, 12))
})

test('an alert is for a rate under half of the day before, of hours that say something', () => {
  const before = { views: 1_000, converted: 40 }
  expect(conversionAlert(NOON, { views: 1_000, converted: 20 }, before)).toBeUndefined()
  expect(conversionAlert(NOON, { views: 1_000, converted: 19 }, before)).toMatchObject({ rate: 0.019, dayBefore: 0.04 })
  expect(conversionAlert(NOON, { views: 99, converted: 0 }, before)).toBeUndefined()
  expect(conversionAlert(NOON, { views: 1_000, converted: 0 }, { views: 50, converted: 40 })).toBeUndefined()
  expect(conversionAlert(NOON, undefined, before)).toBeUndefined()
})
