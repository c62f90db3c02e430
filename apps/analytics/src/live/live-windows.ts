import { MINUTE } from '#libs/streams'
import { at, measures } from '../domain/measures.ts'
import { emptyPane, loadPane, mergePane, type Pane, type PaneResult } from '../domain/pane.ts'

/** A second over all partitions, as it is now. */
export interface LiveSecond {
  /** Milliseconds since 1970. */
  readonly start: number
  /** In the order of `measures`. */
  readonly sums: readonly number[]
  /** The newest event in it, ms since 1970. */
  readonly newest: number
}

/** The last minute up to the newest second. */
export interface LiveMinute {
  readonly sums: readonly number[]
  /** What sold best: SKU and pieces. */
  readonly top: readonly (readonly [sku: string, units: number])[]
  /** Revenue by country, the highest first. */
  readonly countries: readonly (readonly [country: string, revenue: number])[]
}

const LONGEST_MS = 2 * MINUTE
const MOST_NAMED = 20
const NOTHING: readonly number[] = measures.map(() => 0)

/**
 * The newest results of each second and partition, for whoever looks: a result takes the place of the one before, and a
 * second is the sum of its partitions. The last minute is a sliding window, made of its seconds.
 */
export class LiveWindows {
  readonly #seconds = new Map<number, Map<number, Pane>>()
  readonly #changed = new Set<number>()
  #newest = 0

  put({ start, partition, pane }: PaneResult): void {
    if (start <= this.#newest - LONGEST_MS) return
    this.#newest = Math.max(this.#newest, start)
    const second = this.#seconds.get(start) ?? new Map<number, Pane>()
    this.#seconds.set(start, second.set(partition, loadPane(pane)))
    this.#changed.add(start)
    for (const old of this.#seconds.keys()) if (old <= this.#newest - LONGEST_MS) this.#seconds.delete(old)
  }

  /** The seconds that have changed since the last look. */
  changed(): LiveSecond[] {
    const changed = [...this.#changed].sort((a, b) => a - b)
    this.#changed.clear()
    return changed.flatMap((start) => {
      const partitions = this.#seconds.get(start)
      return partitions === undefined ? [] : [secondOf(start, [...partitions.values()])]
    })
  }

  /** Everything that is known, for who begins to look. */
  all(): LiveSecond[] {
    return Array.from(this.#seconds, ([start, partitions]) => secondOf(start, [...partitions.values()])).sort(
      (a, b) => a.start - b.start,
    )
  }

  minute(): LiveMinute {
    const sum = emptyPane()
    for (const [start, partitions] of this.#seconds)
      if (start > this.#newest - MINUTE) for (const pane of partitions.values()) mergePane(sum, pane)
    return {
      sums: sum.counts.all.get('') ?? NOTHING,
      top: highest(sum.counts.product, at.units),
      countries: highest(sum.counts.country, at.revenue),
    }
  }
}

const secondOf = (start: number, panes: readonly Pane[]): LiveSecond => ({
  start,
  sums: NOTHING.map((_, measure) => panes.reduce((sum, { counts }) => sum + (counts.all.get('')?.[measure] ?? 0), 0)),
  newest: Math.max(...panes.map(({ newest }) => newest)),
})

const highest = (counts: ReadonlyMap<string, readonly number[]>, measure: number): (readonly [string, number])[] =>
  Array.from(counts, ([key, sums]) => [key, sums[measure]!] as const)
    .filter(([, sum]) => sum > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_NAMED)
