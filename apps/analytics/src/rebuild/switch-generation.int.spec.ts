import { expect, test } from 'vitest'
import { HOUR, SECOND } from '#libs/streams'
import { AnalyticsDatabaseUnderTest, paneOfViews } from '../analytics.fixture.ts'
import type { PaneResult } from '../domain/pane.ts'
import { rollUp } from '../sink/rollup.ts'
import { OutOfDate, type Result, storeResults } from '../sink/store-results.ts'
import { readCounts } from '../sql/read-windows.ts'
import { ClaimLost, claimRebuild, requestRebuild } from '../sql/rebuilds.ts'
import { switchGeneration } from './switch-generation.ts'

const SINCE = 500_000 * HOUR
const [EARLIER, LATER] = [SINCE - 5 * SECOND, SINCE + 5 * SECOND]

const analytics = new AnalyticsDatabaseUnderTest()

/** The task of partition 0 has read up to `next`, and seen so many views in the second. */
const said = (start: number, views: number, next: number): Result => ({
  ...{ partition: 0, start, kind: 'events' as const },
  result: { partition: 0, start, watermark: start, next, pane: paneOfViews(views) } satisfies PaneResult,
})
const store = (results: readonly Result[], from: number, to: number) =>
  analytics.database.transaction((tx) => storeResults(tx, results, [{ partition: 0, from, to }]))
const views = async () => {
  const found = await readCounts(analytics.database, { step: HOUR, from: SINCE - HOUR, to: SINCE + HOUR }, 'all', 10)
  return found.map(({ start, sums }) => [start.getTime(), sums.views])
}

test('the sink goes on from where the new generation stands: what that knows is passed over, what lies before it is kept', async () => {
  await store([said(EARLIER, 3, 10), said(LATER, 2, 12)], 0, 20)
  expect(await views()).toEqual([
    [SINCE - HOUR, 3],
    [SINCE, 2],
  ])

  const generation = (await requestRebuild(analytics.database, 'topic'))!
  expect(await requestRebuild(analytics.database, 'topic')).toBeUndefined()
  const claim = (await claimRebuild(analytics.database, 'one'))!
  // It has seen two views more than the sink has heard of.
  const open = { partition: 0, start: LATER, kind: 'events' as const, pane: paneOfViews(4) }
  const next = { generation, since: SINCE, floors: { 0: 30 } }
  const changes = rollUp([{ ...open, before: undefined }])
  const late = await claimRebuild(analytics.database, 'two')
  expect(late).toBeUndefined()
  const change = { next, changes, panes: [open], ends: new Map([[0, 15]]) }
  await analytics.database.transaction((tx) => switchGeneration(tx, claim, change))
  expect(await views()).toEqual([
    [SINCE - HOUR, 3],
    [SINCE, 4],
  ])
  await expect(store([], 20, 21)).rejects.toThrow(OutOfDate)
  await expect(analytics.database.transaction((tx) => switchGeneration(tx, claim, change))).rejects.toThrow(ClaimLost)

  // What was read before, read again; what the rebuild knew; and what neither does.
  await store([said(LATER, 3, 29)], 15, 25)
  expect((await views())[1]).toEqual([SINCE, 4])
  await store([said(LATER, 9, 35), said(EARLIER, 5, 25)], 25, 40)
  expect(await views()).toEqual([
    [SINCE - HOUR, 5],
    [SINCE, 9],
  ])
})
