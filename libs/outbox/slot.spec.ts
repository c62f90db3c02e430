import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SLOTS, slotOf } from './slot.ts'

test('every key has a slot, always the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const slot = slotOf(key)
      expect(Number.isInteger(slot) && slot >= 0 && slot < SLOTS).toBe(true)
      expect(slotOf(key)).toBe(slot)
    }),
  )
})

test('slots are stored with the rows, so they never change', () => {
  expect(['', 'a', 'customer-1', 'customer-2', 'ünï'].map(slotOf)).toEqual([25, 32, 24, 37, 39])
})

test.each([(i: number) => `customer-${i}`, (i: number) => String(i), (i: number) => `c${i * 64}`])(
  'keys that look alike spread over the slots (%#)',
  (key) => {
    const counts = new Array<number>(SLOTS).fill(0)
    for (let i = 0; i < SLOTS * 200; i++) counts[slotOf(key(i))]!++
    expect(Math.min(...counts)).toBeGreaterThan(100)
    expect(Math.max(...counts)).toBeLessThan(300)
  },
)
