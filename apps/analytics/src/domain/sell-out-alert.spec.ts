import { expect, test } from 'vitest'
import { HOUR, MINUTE } from '#libs/streams'
import { sellOutAlert, windowToLookAt } from './sell-out-alert.ts'

const NOON = Date.UTC(2026, 10, 28, 12)
const pace = { sku: 'TEA', name: null, sold: 20, available: 120 }

test('the window that is looked at is the newest that is over and not corrected any more', () => {
  expect(windowToLookAt(NOON + 11 * MINUTE)).toBe(NOON)
  expect(windowToLookAt(NOON + 11 * MINUTE - 1)).toBe(NOON - MINUTE)
})

test('an alert is for what will be gone within the hour, and of which enough was sold to say so', () => {
  expect(sellOutAlert(NOON, pace)).toMatchObject({ leftMs: HOUR, id: `sell-out-TEA-${NOON}`, to: NOON + 10 * MINUTE })
  expect(sellOutAlert(NOON, { ...pace, available: 121 })).toBeUndefined()
  expect(sellOutAlert(NOON, { ...pace, sold: 9, available: 1 })).toBeUndefined()
  expect(sellOutAlert(NOON, { ...pace, available: 0 })).toBeUndefined()
  expect(sellOutAlert(NOON, { ...pace, available: -3 })).toBeUndefined()
})
