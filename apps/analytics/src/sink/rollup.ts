import { SECOND, startOf } from '#libs/streams'
import { emptyPane, loadPane, mergePane, type Pane, type StoredPane } from '../domain/pane.ts'
import { topology } from '../domain/topology.ts'

/** A result of one partition, of either kind, and what is stored of it. */
export interface Correction {
  readonly start: number
  readonly pane: StoredPane
  readonly before: StoredPane | undefined
}

export interface WindowChange {
  /** Size in milliseconds, and start since 1970. */
  readonly step: number
  readonly start: number
  /** What there is more than before, over all partitions; sums may be negative. */
  readonly more: Pane
}

export const steps = [SECOND, ...topology.rollups] as const

/** What results add to the windows of every size that they are part of: a correction adds the difference. */
export const rollUp = (corrections: readonly Correction[]): WindowChange[] => {
  const windows = new Map<string, WindowChange>()
  for (const { start, pane, before } of corrections) {
    const [now, then] = [loadPane(pane), before && loadPane(before)]
    for (const step of steps) {
      const first = startOf(start, step)
      const name = `${step}/${first}`
      const window = windows.get(name) ?? { step, start: first, more: emptyPane() }
      windows.set(name, window)
      mergePane(window.more, now, then)
    }
  }
  return [...windows.values()].sort((a, b) => a.step - b.step || a.start - b.start)
}
