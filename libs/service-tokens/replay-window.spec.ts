import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplayWindow, WINDOW } from './replay-window.ts'

test('a number is used once, whatever the order in which the numbers come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(WINDOW - 1), { maxLength: 300 }), (numbers) => {
      const window = new ReplayWindow()
      const used = new Set<number>()
      for (const number of numbers) {
        expect(window.use(number)).toBe(!used.has(number))
        used.add(number)
      }
    }),
  )
})

test('what is older than the window counts as used, what is in it does not', () => {
  const window = new ReplayWindow()
  expect(window.use(10)).toBe(true)
  expect(window.use(WINDOW + 20)).toBe(true)
  expect([10, 20, 21, WINDOW + 19].map((number) => window.use(number))).toEqual([false, false, true, true])
  expect(window.use(5 * WINDOW)).toBe(true)
  expect([WINDOW + 20, 4 * WINDOW + 1, 5 * WINDOW].map((number) => window.use(number))).toEqual([false, true, false])
})
