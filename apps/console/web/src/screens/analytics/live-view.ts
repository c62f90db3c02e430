/** What `GET /api/analytics/live` tells, in the order of its `sums`. */
export const measures = [
  ...['views', 'searches', 'baskets', 'checkouts', 'purchases', 'units', 'revenue', 'converted'],
  ...['late', 'early', 'duplicates', 'unreadable'],
] as const
export type Sums = readonly number[]

export interface LiveSecond {
  readonly start: number
  readonly sums: Sums
  readonly newest: number
}
export interface LiveMinute {
  readonly sums: Sums
  readonly top: readonly (readonly [sku: string, units: number])[]
  readonly countries: readonly (readonly [country: string, revenue: number])[]
}
export interface LiveFrame {
  readonly seconds: readonly LiveSecond[]
  readonly minute?: LiveMinute
}

/** What the page shows: the last two minutes. */
export interface LiveView {
  readonly seconds: readonly LiveSecond[]
  readonly minute: LiveMinute | undefined
  /** From the newest event of each frame to its being on the screen, milliseconds; the last ones. */
  readonly delays: readonly number[]
}

export const nothing: LiveView = { seconds: [], minute: undefined, delays: [] }
const SHOWN_MS = 120_000
const MOST_DELAYS = 300

/** A second takes the place of what was known of it. */
export const withFrame = (view: LiveView, { seconds, minute = view.minute }: LiveFrame): LiveView => {
  const known = new Map([...view.seconds, ...seconds].map((second) => [second.start, second]))
  const sorted = [...known.values()].sort((a, b) => a.start - b.start)
  const newest = sorted.at(-1)?.start ?? 0
  return { ...view, minute, seconds: sorted.filter(({ start }) => start > newest - SHOWN_MS) }
}

export const withDelay = (view: LiveView, ms: number): LiveView => ({
  ...view,
  delays: [...view.delays, ms].slice(-MOST_DELAYS),
})

/** The instant of the newest event in a frame that is new; undefined when nothing is. */
export const newestIn = ({ seconds }: LiveFrame): number | undefined => {
  const newest = Math.max(0, ...seconds.map(({ newest }) => newest))
  return newest === 0 ? undefined : newest
}

export const percentile = (values: readonly number[], share: number): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** One measure of every second, a column of a chart; seconds without events are gaps of zero. */
export const column = (seconds: readonly LiveSecond[], measure: number): number[] =>
  seconds.map(({ sums }) => sums[measure]!)
