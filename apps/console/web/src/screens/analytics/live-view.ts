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
/** The visits that ended in a second of which all are over. */
export interface LiveVisits {
  readonly start: number
  readonly visits: number
  readonly pages: number
  /** Of all of them together, milliseconds. */
  readonly duration: number
}
export interface LiveMinute {
  readonly sums: Sums
  readonly top: readonly (readonly [sku: string, units: number])[]
  readonly countries: readonly (readonly [country: string, revenue: number])[]
  readonly visits: Omit<LiveVisits, 'start'> & { readonly median: number | null }
}
export interface LiveFrame {
  readonly seconds: readonly LiveSecond[]
  readonly visits: readonly LiveVisits[]
  readonly minute?: LiveMinute
}

/** What the page shows: the last two minutes, and of visits the last two of which they are over. */
export interface LiveView {
  readonly seconds: readonly LiveSecond[]
  readonly visits: readonly LiveVisits[]
  readonly minute: LiveMinute | undefined
  /** From the newest event of each frame to its being on the screen, milliseconds; the last ones. */
  readonly delays: readonly number[]
}

export const nothing: LiveView = { seconds: [], visits: [], minute: undefined, delays: [] }
const SHOWN_MS = 120_000
const MOST_DELAYS = 300

/** A second takes the place of what was known of it. */
export const withFrame = (view: LiveView, { seconds, visits, minute = view.minute }: LiveFrame): LiveView => ({
  ...view,
  minute,
  seconds: newestOf(view.seconds, seconds),
  visits: newestOf(view.visits, visits),
})

const newestOf = <Second extends { readonly start: number }>(known: readonly Second[], told: readonly Second[]) => {
  if (told.length === 0) return known
  const seconds = new Map([...known, ...told].map((second) => [second.start, second]))
  const sorted = [...seconds.values()].sort((a, b) => a.start - b.start)
  const newest = sorted.at(-1)!.start
  return sorted.filter(({ start }) => start > newest - SHOWN_MS)
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
