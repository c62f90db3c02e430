import { quantile } from '#libs/streams'
import { at, measures } from '../domain/measures.ts'
import { emptyPane, loadPane, mergePane, type Pane, type PaneResult } from '../domain/pane.ts'
import { type RecentSecond, RecentSeconds } from './recent-seconds.ts'

/** A second over all partitions, as it is now. */
export interface LiveSecond {
  /** Milliseconds since 1970. */
  readonly start: number
  /** In the order of `measures`. */
  readonly sums: readonly number[]
  /** The newest event in it, ms since 1970. */
  readonly newest: number
}

/** The visits that ended in a second, or in a minute. */
export interface VisitFigures {
  readonly visits: number
  readonly pages: number
  /** Of all of them together, milliseconds. */
  readonly duration: number
}
export type LiveVisits = VisitFigures & { readonly start: number }

/** The last minute up to the newest second. */
export interface LiveMinute {
  readonly sums: readonly number[]
  /** What sold best: SKU and pieces. */
  readonly top: readonly (readonly [sku: string, units: number])[]
  /** Revenue by country, the highest first. */
  readonly countries: readonly (readonly [country: string, revenue: number])[]
  /** Of the last minute up to the newest second of which the visits are over; `median` of their durations, null without any. */
  readonly visits: VisitFigures & { readonly median: number | null }
}

const MOST_NAMED = 20
const NOTHING: readonly number[] = measures.map(() => 0)

/**
 * The newest results of each second and partition, for whoever looks: a second is the sum of its partitions. The last minute is a
 * hopping window, made of its seconds.
 */
export class LiveWindows {
  readonly #events = new RecentSeconds()
  /** Their seconds lie minutes back. */
  readonly #visits = new RecentSeconds()

  put({ start, partition, kind, pane }: PaneResult): void {
    const seconds = kind === 'visits' ? this.#visits : this.#events
    seconds.put(start, partition, loadPane(pane))
  }

  /** The seconds that have changed since the last look. */
  changed(): { seconds: LiveSecond[]; visits: LiveVisits[] } {
    return { seconds: this.#events.changed().map(secondOf), visits: this.#visits.changed().map(visitsOf) }
  }

  /** Everything that is known, for who begins to look. */
  all(): { seconds: LiveSecond[]; visits: LiveVisits[]; minute: LiveMinute } {
    const [seconds, visits] = [this.#events.all().map(secondOf), this.#visits.all().map(visitsOf)]
    return { seconds, visits, minute: this.minute() }
  }

  minute(): LiveMinute {
    const events = sumOf(this.#events.minute())
    const { visits } = sumOf(this.#visits.minute())
    const durations = visits.all.get('')?.durations ?? new Map()
    return {
      sums: events.counts.all.get('') ?? NOTHING,
      top: highest(events.counts.product, at.units),
      countries: highest(events.counts.country, at.revenue),
      visits: { ...figuresOf(visits), median: quantile(durations, 0.5) ?? null },
    }
  }
}

const sumOf = (panes: readonly Pane[]): Pane => {
  const sum = emptyPane()
  for (const pane of panes) mergePane(sum, pane)
  return sum
}

const secondOf = ({ start, panes }: RecentSecond): LiveSecond => ({
  start,
  sums: NOTHING.map((_, measure) => panes.reduce((sum, { counts }) => sum + (counts.all.get('')?.[measure] ?? 0), 0)),
  newest: Math.max(...panes.map(({ newest }) => newest)),
})

const visitsOf = ({ start, panes }: RecentSecond): LiveVisits => ({ start, ...figuresOf(sumOf(panes).visits) })

const figuresOf = ({ all }: Pane['visits']): VisitFigures => {
  const { visits = 0, pages = 0, duration = 0 } = all.get('') ?? {}
  return { visits, pages, duration }
}

const highest = (counts: ReadonlyMap<string, readonly number[]>, measure: number): (readonly [string, number])[] =>
  Array.from(counts, ([key, sums]) => [key, sums[measure]!] as const)
    .filter(([, sum]) => sum > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_NAMED)
