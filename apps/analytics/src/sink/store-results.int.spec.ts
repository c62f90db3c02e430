import { expect, test } from 'vitest'
import { HOUR, SECOND } from '#libs/streams'
import { AnalyticsDatabaseUnderTest, paneOfViews } from '../analytics.fixture.ts'
import { readMetric } from '../api/metrics.ts'
import type { Dimension } from '../domain/measures.ts'
import { emptyPane, type PaneKind, type PaneResult, storePane } from '../domain/pane.ts'
import { addVisit } from '../domain/visit-sums.ts'
import { readCounts } from '../sql/read-windows.ts'
import { type Result, storeResults } from './store-results.ts'

const START = 490_000 * HOUR
const analytics = new AnalyticsDatabaseUnderTest()
const hourFrom = (from: number) => ({ step: HOUR, from, to: from + HOUR })

let position = 0
const store = (...results: readonly Result[]) =>
  analytics.database.transaction((tx) => storeResults(tx, results, [{ partition: 0, from: position, to: ++position }]))

const told = (start: number, kind: PaneKind, pane: PaneResult['pane'] | null): Result => ({
  ...{ partition: 0, start, kind },
  result: pane && { partition: 0, start, kind, watermark: start, next: 1, pane },
})
const views = (start: number, count: number) => told(start, 'events', paneOfViews(count))
const visits = (start: number, ...seconds: readonly number[]) => {
  const pane = emptyPane()
  for (const each of seconds)
    addVisit(pane.visits, { start: start - each * SECOND, end: start, pages: 3, country: 'DE', device: 'app' })
  return told(start, 'visits', storePane(pane))
}
const viewed = async (hour: number) =>
  (await readCounts(analytics.database, hourFrom(hour), 'all', 10)).map(({ sums }) => sums.views)
const visited = (hour: number, by: Dimension) => readMetric(analytics.database, 'visits', hourFrom(hour), by, 10)

test('the visits that ended in a second lie beside its events, and count once however often they are told', async () => {
  await store(views(START, 4), visits(START, 60, 120))
  await store(visits(START, 60, 120), visits(START + SECOND, 240))
  const figures = { visits: 3, pages: 9, pagesPerVisit: 3, averageSeconds: 140, relativeError: 0.01 }
  const [all] = (await visited(START, 'all')) as { medianSeconds: number }[]
  expect(all).toMatchObject({ start: new Date(START), ...figures })
  expect(Math.abs(all!.medianSeconds - 120)).toBeLessThanOrEqual(1.2)
  expect(await visited(START, 'country')).toMatchObject([{ key: 'DE', ...figures }])
  expect(await visited(START, 'product')).toEqual([])
  expect(await viewed(START)).toEqual([4])
})

test('what is told and forgotten in one breath counts, and then goes', async () => {
  const [second, gone] = [START + 2 * HOUR, null]
  await store(views(second, 5), visits(second, 30), told(second, 'events', gone), told(second, 'visits', gone))
  expect(await viewed(second)).toEqual([5])
  expect(await visited(second, 'all')).toMatchObject([{ visits: 1 }])
  const panes = await analytics.database.query('SELECT 1 FROM panes WHERE start = $1::bigint', String(second))
  expect(panes).toEqual([])
})
