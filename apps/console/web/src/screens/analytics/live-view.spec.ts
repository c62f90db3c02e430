import { expect, test } from 'vitest'
import { column, newestIn, nothing, percentile, withDelay, withFrame } from './live-view.ts'

const second = (n: number, ...sums: number[]) => ({ start: n * 1_000, sums, newest: n * 1_000 + 5 })

test('a corrected second takes the place of the one before, and the last two minutes are shown', () => {
  let view = withFrame(nothing, { seconds: [second(2, 1), second(1, 4)], visits: [] })
  view = withFrame(view, { seconds: [second(2, 3)], visits: [] })
  expect(column(view.seconds, 0)).toEqual([4, 3])
  view = withFrame(view, { seconds: [second(122, 7)], visits: [] })
  expect(column(view.seconds, 0)).toEqual([7])
})

test('visits are shown of their own two minutes, which lie further back', () => {
  const visits = (n: number, count: number) => ({ start: n * 1_000, visits: count, pages: 5 * count, duration: 60_000 })
  let view = withFrame(nothing, { seconds: [second(900, 1)], visits: [visits(500, 2), visits(499, 1)] })
  view = withFrame(view, { seconds: [], visits: [visits(500, 3)] })
  expect(view.visits.map(({ visits }) => visits)).toEqual([1, 3])
  expect(view.seconds).toHaveLength(1)
})

test('the minute stays until there is another one', () => {
  const visits = { visits: 1, pages: 2, duration: 3, median: 3 }
  const minute = { sums: [1], top: [], countries: [], visits }
  const view = withFrame(withFrame(nothing, { seconds: [], visits: [], minute }), {
    ...{ seconds: [second(1, 1)], visits: [] },
  })
  expect(view.minute).toBe(minute)
})

test('how late the page is, is told of frames with events', () => {
  expect(newestIn({ seconds: [], visits: [] })).toBeUndefined()
  expect(newestIn({ seconds: [second(1, 1), second(3, 1)], visits: [] })).toBe(3_005)
  const view = [30, 10, 20].reduce(withDelay, nothing)
  expect(percentile(view.delays, 0.5)).toBe(20)
  expect(percentile([], 0.95)).toBeUndefined()
})
