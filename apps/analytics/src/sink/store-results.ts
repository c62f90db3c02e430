import type { Sql } from '#libs/database'
import type { PaneResult } from '../domain/pane.ts'
import { forgetPanes, type PaneKey, paneKey, readPanes, savePanes } from '../sql/panes.ts'
import { readServedGeneration, type ServedGeneration } from '../sql/served-generation.ts'
import { type Move, movePositions } from '../sql/sink-positions.ts'
import { addToWindows } from './add-to-windows.ts'
import { rollUp } from './rollup.ts'

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
  // Whoever makes another generation the served one moves the positions, too: from here on it waits for us.
  const served = await readServedGeneration(tx)
  const { generation } = served
  const told = results.filter(({ result }) => result !== null)
  // One that is forgotten already, when much time passes in few events, was told before and counts.
  const panes = [...newest(told).values()].flatMap(({ partition, start, kind, result }) =>
    isKnown(served, result!) ? [] : [{ partition, start, kind, pane: result!.pane }],
  )
  const gone = [...newest(results).values()].filter(({ result }) => result === null)
  if (panes.length > 0) {
    const before = await readPanes(tx, generation, panes)
    const changes = rollUp(panes.map((pane) => ({ ...pane, before: before.get(paneKey(pane)) })))
    await savePanes(tx, generation, panes)
    await addToWindows(tx, generation, changes)
  }
  await forgetPanes(tx, generation, gone)
}

const newest = (results: readonly Result[]) => new Map(results.map((result) => [paneKey(result), result]))

/** The rebuild that made this generation had read as far as the result says, or further. */
const isKnown = ({ since, floors }: ServedGeneration, { partition, start, next }: PaneResult): boolean =>
  start >= since && next !== undefined && next <= (floors[partition] ?? 0)
