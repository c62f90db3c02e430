import { expect, test } from 'vitest'
import { at, measures } from '../domain/measures.ts'
import { addTo, emptyPane, type PaneResult, storePane } from '../domain/pane.ts'
import { LiveWindows } from './live-windows.ts'

const BEGIN = Date.UTC(2026, 10, 28)

const result = (partition: number, second: number, units: number, sku = 'A'): PaneResult => {
  const pane = emptyPane()
  pane.newest = BEGIN + second * 1_000 + partition
  addTo(pane, 'all', '', 'units', units)
  addTo(pane, 'product', sku, 'units', units)
  return { partition, start: BEGIN + second * 1_000, watermark: pane.newest, pane: storePane(pane) }
}
const unitsOf = (windows: readonly { sums: readonly number[] }[]) => windows.map(({ sums }) => sums[at.units])

test('a corrected result takes the place of the one before, and partitions add up', () => {
  const live = new LiveWindows()
  live.put(result(0, 1, 2))
  live.put(result(1, 1, 5, 'B'))
  live.put(result(0, 2, 1))
  expect(unitsOf(live.changed())).toEqual([7, 1])
  live.put(result(0, 1, 3))
  const [second] = live.changed()
  expect(second).toMatchObject({ start: BEGIN + 1_000, newest: BEGIN + 1_001 })
  expect(second!.sums).toHaveLength(measures.length)
  expect(unitsOf([second!])).toEqual([8])
  expect(live.changed()).toEqual([])
  expect(live.minute().top).toEqual([
    ['B', 5],
    ['A', 4],
  ])
})

test('the minute slides, and seconds are forgotten', () => {
  const live = new LiveWindows()
  for (let second = 0; second < 300; second++) live.put(result(0, second, 1))
  expect(unitsOf([live.minute()])).toEqual([60])
  expect(live.all()).toHaveLength(120)
  live.put(result(1, 5, 9))
  expect(unitsOf([live.minute()])).toEqual([60])
})
