import { expect, test } from 'vitest'
import { column, newestIn, nothing, percentile, withDelay, withFrame } from './live-view.ts'

const second = (n: number, ...sums: number[]) => ({ start: n * 1_000, sums, newest: n * 1_000 + 5 })

test('a corrected second takes the place of the one before, and the last two minutes are shown', () => {
  let view = withFrame(nothing, { seconds: [second(2, 1), second(1, 4)] })
  view = withFrame(view, { seconds: [second(2, 3)] })
  expect(column(view.seconds, 0)).toEqual([4, 3])
  view = withFrame(view, { seconds: [second(122, 7)] })
  expect(column(view.seconds, 0)).toEqual([7])
})

test('the minute stays until there is another one', () => {
  const minute = { sums: [1], top: [], countries: [] }
  const view = withFrame(withFrame(nothing, { seconds: [], minute }), { seconds: [second(1, 1)] })
  expect(view.minute).toBe(minute)
})

test('how late the page is, is told of frames with events', () => {
  expect(newestIn({ seconds: [] })).toBeUndefined()
  expect(newestIn({ seconds: [second(1, 1), second(3, 1)] })).toBe(3_005)
  const view = [30, 10, 20].reduce(withDelay, nothing)
  expect(percentile(view.delays, 0.5)).toBe(20)
  expect(percentile([], 0.95)).toBeUndefined()
})
