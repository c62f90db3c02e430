import type { Sql } from '#libs/database'
import { addBins, decodeRegisters, encodeRegisters, mergeRegisters, SECOND, SpaceSaving } from '#libs/streams'
import { at, dimensions } from '../domain/measures.ts'
import type { Pane } from '../domain/pane.ts'
import { topology } from '../domain/topology.ts'
import { addCountRows, type CountRow } from '../sql/add-counts.ts'
import { lockSketches, type SketchRow, saveSketches } from '../sql/sketches.ts'
import { addVisitsToWindows } from './add-visits.ts'
import { KEPT_MS } from './kept.ts'
import type { WindowChange } from './rollup.ts'

/** Adds to the stored windows of a generation what there is more of each. */
export const addToWindows = async (tx: Sql, generation: number, changes: readonly WindowChange[]): Promise<void> => {
  if (changes.length === 0) return
  await addCountRows(tx, generation, changes.flatMap(countRows))
  await addToSketches(
    tx,
    generation,
    changes.filter(({ more }) => hasEvents(more)),
  )
  await addVisitsToWindows(tx, generation, changes)
}

/** Not of visits alone, which ended in windows whose events are told already. */
const hasEvents = ({ counts, visitors }: Pane): boolean =>
  visitors.size > 0 || dimensions.some((dimension) => counts[dimension].size > 0)

const addToSketches = async (tx: Sql, generation: number, changes: readonly WindowChange[]): Promise<void> => {
  if (changes.length === 0) return
  const rows = await lockSketches(
    tx,
    generation,
    changes.map(({ step, start }) => ({ step, start, keptMs: KEPT_MS.get(step)! })),
  )
  const stored = new Map(rows.map((row) => [`${row.step}/${row.start}`, row]))
  await saveSketches(
    tx,
    generation,
    changes.map((change) => merged(stored.get(`${change.step}/${change.start}`)!, change)),
  )
}

const countRows = ({ step, start, more }: WindowChange): CountRow[] =>
  dimensions.flatMap((dimension) =>
    Array.from(more.counts[dimension])
      .filter(([, sums]) => sums.some((sum) => sum !== 0))
      .map(([key, sums]) => ({ step, start, dimension, key, sums, keptMs: KEPT_MS.get(step)! })),
  )

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
