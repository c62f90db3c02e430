import type { ExposedSample } from './exposition.ts'
import type { Labels, Source } from './promql/evaluate.ts'
import type { Sample } from './promql/extrapolate.ts'
import type { Matcher } from './promql/syntax.ts'

/** The rules look back five minutes. */
const KEPT_S = 330
/** Of all targets; what is beyond is not kept, and `leftOut` says how many. */
const MOST_SERIES = 20_000

interface Series {
  readonly target: string
  readonly labels: Labels
  samples: Sample[]
  /** The scrape in which it was last seen. */
  seenAt: number
}

/** The last minutes of what was scraped, in memory. A series that its target no longer has ends at once. */
export class SeriesStore {
  readonly #metrics = new Map<string, Map<string, Series>>()
  #size = 0
  leftOut = 0

  get size(): number {
    return this.#size
  }

  /** What a target said at a time, in seconds; all of it: what is missing has ended. */
  add(target: string, samples: Iterable<ExposedSample>, at: number): void {
    this.leftOut = 0
    for (const { metric, labels, value } of samples) {
      const all = this.#metrics.get(metric) ?? new Map<string, Series>()
      this.#metrics.set(metric, all)
      const key = `${target} ${JSON.stringify(labels)}`
      let series = all.get(key)
      if (series === undefined) {
        if (this.#size >= MOST_SERIES) {
          this.leftOut++
          continue
        }
        this.#size++
        series = { target, labels, samples: [], seenAt: at }
        all.set(key, series)
      }
      series.seenAt = at
      series.samples.push({ at, value })
      if (series.samples[0]!.at < at - KEPT_S) series.samples.shift()
    }
    this.end(target, at)
  }

  /** The target said nothing more of what it did not say at that time; a range still has what it said before. */
  end(target: string, at: number): void {
    for (const all of this.#metrics.values())
      for (const [key, series] of all) {
        if (series.target !== target || series.seenAt === at) continue
        if (series.samples.at(-1)!.at >= at - KEPT_S) continue
        all.delete(key)
        this.#size--
      }
  }

  readonly source: Source = ({ metric, matchers, range }, from, to) => {
    const found: { labels: Labels; samples: readonly Sample[] }[] = []
    for (const { labels, samples, target } of this.#metrics.get(metric)?.values() ?? []) {
      if (!matchers.every((matcher) => matches(labels, matcher))) continue
      // A value that its target has not repeated is not the newest one any more.
      if (range === undefined && samples.at(-1)!.at < (this.#lastScrape.get(target) ?? 0)) continue
      found.push({ labels, samples: samples.filter(({ at }) => at > from && at <= to) })
    }
    return found
  }

  readonly #lastScrape = new Map<string, number>()

  /** When a target was last asked, whatever it said. */
  scraped(target: string, at: number): void {
    this.#lastScrape.set(target, at)
  }
}

const matches = (labels: Labels, { label, isEqual, wanted }: Matcher): boolean => {
  const value = labels[label] ?? ''
  return (typeof wanted === 'string' ? value === wanted : wanted.test(value)) === isEqual
}
