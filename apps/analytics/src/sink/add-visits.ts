import type { Sql } from '#libs/database'
import { addBins } from '#libs/streams'
import { type VisitSums, visitDimensions } from '../domain/visit-sums.ts'
import { lockVisits, saveVisits, type VisitKey, type VisitRow } from '../sql/visits.ts'
import { KEPT_MS } from './kept.ts'
import type { WindowChange } from './rollup.ts'

/** Adds to the stored windows of a generation the visits that there are more in each. */
export const addVisitsToWindows = async (
  tx: Sql,
  generation: number,
  changes: readonly WindowChange[],
): Promise<void> => {
  const more = new Map(changes.flatMap(rowsOf).map((row) => [nameOf(row), row]))
  if (more.size === 0) return
  const stored = await lockVisits(tx, generation, [...more.values()])
  await saveVisits(
    tx,
    generation,
    stored.map((row) => merged(row, more.get(nameOf(row))!)),
  )
}

const nameOf = ({ step, start, dimension, key }: VisitKey): string => `${step}/${start}/${dimension}/${key}`

type More = VisitKey & VisitSums & { readonly keptMs: number }

const rowsOf = ({ step, start, more }: WindowChange): More[] =>
  visitDimensions.flatMap((dimension) =>
    Array.from(more.visits[dimension], ([key, sums]) => ({
      ...{ step, start, dimension, key, ...sums, keptMs: KEPT_MS.get(step)! },
    })),
  )

const merged = (row: VisitRow, more: More): VisitRow => {
  const durations = new Map(row.durations)
  addBins(durations, more.durations)
  return {
    ...row,
    visits: row.visits + more.visits,
    pages: row.pages + more.pages,
    duration: row.duration + more.duration,
    durations: [...durations],
  }
}
