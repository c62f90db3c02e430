import { expect, test } from 'vitest'
import { at, measures } from '../domain/measures.ts'
import { addTo, emptyPane, type PaneResult, storePane } from '../domain/pane.ts'
import { addVisit } from '../domain/visit-sums.ts'
import { LiveWindows } from './live-windows.ts'

const BEGIN = Date.UTC(2026, 10, 28)

const result = (partition: number, second: number, units: number, sku = 'A'): PaneResult => {
  const pane = emptyPane()
  pane.newest = BEGIN + second * 1_000 + partition
  addTo(pane, 'all', '', 'units', units)
  addTo(pane, 'product', sku, 'units', units)
  return { partition, start: BEGIN + second * 1_000, watermark: pane.newest, pane: storePane(pane) }
}
const visits = (partition: number, second: number, pages: number): PaneResult => {
  const pane = emptyPane()
  const end = BEGIN + second * 1_000
  addVisit(pane.visits, { start: end - 60_000, end, pages, country: 'DE', device: 'app' })
  return { partition, start: end, kind: 'visits', watermark: end, pane: storePane(pane) }
}
const unitsOf = (windows: readonly { sums: readonly number[] }[]) => windows.map(({ sums }) => sums[at.units])

test('a corrected result takes the place of the one before, and partitions add up', () => {
  const live = new LiveWindows()
  live.put(result(0, 1, 2))
  live.put(result(1, 1, 5, 'B'))
  live.put(result(0, 2, 1))
  expect(unitsOf(live.changed().seconds)).toEqual([7, 1])
  live.put(result(0, 1, 3))
  const [second] = live.changed().seconds
  expect(second).toMatchObject({ start: BEGIN + 1_000, newest: BEGIN + 1_001 })
  expect(second!.sums).toHaveLength(measures.length)
  expect(unitsOf([second!])).toEqual([8])
  expect(live.changed()).toEqual({ seconds: [], visits: [] })
  expect(live.minute().top).toEqual([
    ['B', 5],
    ['A', 4],
  ])
})

test('the minute slides, and seconds are forgotten', () => {
  const live = new LiveWindows()
  for (let second = 0; second < 300; second++) live.put(result(0, second, 1))
  expect(unitsOf([live.minute()])).toEqual([60])
  expect(live.all().seconds).toHaveLength(120)
  live.put(result(1, 5, 9))
  expect(unitsOf([live.minute()])).toEqual([60])
})

test('visits have their own seconds, which lie minutes back, and their own minute', () => {
  const live = new LiveWindows()
  live.put(result(0, 400, 1))
  for (const [second, pages] of [
    [10, 9],
    [39, 2],
    [90, 4],
  ] as const)
    live.put(visits(0, second, pages))
  live.put(visits(1, 90, 6))
  const { seconds, visits: told } = live.changed()
  expect(seconds).toHaveLength(1)
  expect(told.at(-1)).toEqual({ start: BEGIN + 90_000, visits: 2, pages: 10, duration: 120_000 })
  expect(told).toHaveLength(3)
  const { median, ...sums } = live.minute().visits
  expect(sums).toEqual({ visits: 3, pages: 12, duration: 180_000 })
  expect(Math.abs(median! - 60_000)).toBeLessThan(600)
  live.put(visits(0, 200, 1))
  expect(live.all().visits.map(({ start }) => (start - BEGIN) / 1_000)).toEqual([90, 200])
})
