import type { Sql } from '#libs/database'
import {
  addBins,
  decodeRegisters,
  encodeRegisters,
  HOUR,
  MINUTE,
  mergeRegisters,
  SECOND,
  SpaceSaving,
} from '#libs/streams'
import { at, dimensions } from '../domain/measures.ts'
import type { PaneResult } from '../domain/pane.ts'
import { topology } from '../domain/topology.ts'
import { addCountRows } from '../sql/add-counts.ts'
import { forgetPanes, type PaneKey, paneKey, readPanes, savePanes } from '../sql/panes.ts'
import { type Move, movePositions } from '../sql/sink-positions.ts'
import { lockSketches, type SketchRow, saveSketches } from '../sql/sketches.ts'
import { rollUp, type WindowChange } from './rollup.ts'

const DAY = 24 * HOUR
/** For how long windows of each size are kept from their last change on. */
const KEPT_MS: ReadonlyMap<number, number> = new Map([
  [SECOND, HOUR / 2],
  [MINUTE, 7 * DAY],
  [HOUR, 400 * DAY],
])

/** The newest result of a window of one partition; null when it is forgotten. */
export interface Result extends PaneKey {
  readonly result: PaneResult | null
}

/** Somebody else has stored these results: nothing was stored. */
export class OutOfDate extends Error {
  override readonly name = 'OutOfDate'
}

/**
 * Stores results and how far they were read in one transaction: either both are there or neither, so every result
 * counts once, whoever is killed. Whoever is not where it thinks it is has lost the partition, and stores nothing.
 * @throws OutOfDate
 */
export const storeResults = async (tx: Sql, results: readonly Result[], moves: readonly Move[]): Promise<void> => {
  if (!(await movePositions(tx, moves))) throw new OutOfDate('the results were stored by another process')
  const newest = new Map(results.map((result) => [paneKey(result), result]))
  const panes = [...newest.values()].flatMap(({ partition, start, result }) =>
    result === null ? [] : [{ partition, start, pane: result.pane }],
  )
  const gone = [...newest.values()].filter(({ result }) => result === null)
  if (panes.length > 0) {
    const before = await readPanes(tx, panes)
    const changes = rollUp(panes.map((pane) => ({ ...pane, before: before.get(paneKey(pane)) })))
    await savePanes(tx, panes)
    await addCountRows(tx, changes.flatMap(countRows))
    await storeSketches(tx, changes)
  }
  await forgetPanes(
    tx,
    gone.map(({ partition, start }) => ({ partition, start })),
  )
}

const countRows = ({ step, start, more }: WindowChange) =>
  dimensions.flatMap((dimension) =>
    Array.from(more.counts[dimension])
      .filter(([, sums]) => sums.some((sum) => sum !== 0))
      .map(([key, sums]) => ({ step, start, dimension, key, sums, keptMs: KEPT_MS.get(step)! })),
  )

const storeSketches = async (tx: Sql, changes: readonly WindowChange[]): Promise<void> => {
  const rows = await lockSketches(
    tx,
    changes.map(({ step, start }) => ({ step, start, keptMs: KEPT_MS.get(step)! })),
  )
  const stored = new Map(rows.map((row) => [`${row.step}/${row.start}`, row]))
  await saveSketches(
    tx,
    changes.map((change) => merged(stored.get(`${change.step}/${change.start}`)!, change)),
  )
}

const merged = (row: SketchRow, { more }: WindowChange): SketchRow => {
  const visitors = decodeRegisters(row.visitors)
  mergeRegisters(visitors, more.visitors)
  const baskets = new Map(row.baskets)
  addBins(baskets, more.baskets)
  const top = new SpaceSaving(topology.top.counters, row.top)
  for (const [sku, sums] of more.counts.product) top.add(sku, sums[at.units])
  // A second has its products exactly.
  const kept = row.step === SECOND ? [] : top.top(topology.top.counters)
  return { step: row.step, start: row.start, visitors: encodeRegisters(visitors), baskets: [...baskets], top: kept }
}
