import {
  addBins,
  addCounts,
  addElement,
  addValue,
  type Bins,
  type Counts,
  decodeRegisters,
  encodeRegisters,
  type Fingerprint,
  mergeRegisters,
  type Registers,
  sumsOf,
} from '#libs/streams'
import { at, type Dimension, dimensions, type Measure, measures } from './measures.ts'
import {
  addVisits,
  loadVisits,
  noVisits,
  type StoredVisits,
  sizeOfVisits,
  storeVisits,
  type VisitsByDimension,
} from './visit-sums.ts'

/** What was counted in one window, of one partition or of several. */
export interface Pane {
  readonly counts: Readonly<Record<Dimension, Counts>>
  readonly visitors: Registers
  /** What baskets were worth that were bought. */
  readonly baskets: Bins
  /** Those that ended in it. */
  readonly visits: VisitsByDimension
  /** The newest event in it, ms since 1970; 0 for none. */
  newest: number
}

export const emptyPane = (): Pane => ({
  counts: { all: new Map(), country: new Map(), device: new Map(), product: new Map() },
  visitors: new Map(),
  baskets: new Map(),
  visits: noVisits(),
  newest: 0,
})

export const addTo = (pane: Pane, dimension: Dimension, key: string, measure: Measure, amount: number): void => {
  rowOf(pane, dimension, key)[at[measure]]! += amount
}

/** The sums of one key, in the order of `measures`: to be added to. */
export const rowOf = (pane: Pane, dimension: Dimension, key: string): number[] =>
  sumsOf(pane.counts[dimension], key, measures.length)

export const addVisitor = (pane: Pane, visitor: Fingerprint): void => addElement(pane.visitors, visitor)
export const addBasket = (pane: Pane, value: number): void => addValue(pane.baskets, value)

/** How many entries of state it is. */
export const sizeOf = (pane: Pane): number =>
  dimensions.reduce((sum, dimension) => sum + pane.counts[dimension].size, pane.visitors.size + pane.baskets.size) +
  sizeOfVisits(pane.visits)

/** Adds what another pane holds; with what that one was `before`, in place of it. */
export const mergePane = (into: Pane, pane: Pane, before?: Pane): void => {
  for (const dimension of dimensions) {
    addCounts(into.counts[dimension], pane.counts[dimension])
    if (before !== undefined) addCounts(into.counts[dimension], before.counts[dimension], -1)
  }
  addBins(into.baskets, pane.baskets)
  if (before !== undefined) addBins(into.baskets, before.baskets, -1)
  addVisits(into.visits, pane.visits)
  if (before !== undefined) addVisits(into.visits, before.visits, -1)
  // Nobody leaves: merging what was there before changes nothing.
  mergeRegisters(into.visitors, pane.visitors)
  into.newest = Math.max(into.newest, pane.newest)
}

type StoredCounts = Readonly<Record<string, number[]>>

/** As it lies in JSON. */
export interface StoredPane {
  readonly counts: Readonly<Record<Dimension, StoredCounts>>
  readonly visitors: readonly number[]
  readonly baskets: readonly (readonly [bin: number, times: number])[]
  /** Left out when there are none. */
  readonly visits?: StoredVisits
  readonly newest: number
}

export const storePane = ({ counts, visitors, baskets, visits, newest }: Pane): StoredPane => ({
  counts: byDimension((dimension) => Object.fromEntries(counts[dimension])),
  visitors: encodeRegisters(visitors),
  baskets: [...baskets],
  ...(visits.all.size > 0 && { visits: storeVisits(visits) }),
  newest,
})

export const loadPane = ({ counts, visitors, baskets, visits, newest }: StoredPane): Pane => ({
  counts: byDimension((dimension) => new Map(Object.entries(counts[dimension]))),
  visitors: decodeRegisters(visitors),
  baskets: new Map(baskets),
  visits: visits === undefined ? noVisits() : loadVisits(visits),
  newest,
})

const byDimension = <T>(of: (dimension: Dimension) => T): Record<Dimension, T> =>
  Object.fromEntries(dimensions.map((dimension) => [dimension, of(dimension)])) as Record<Dimension, T>

/**
 * What a result tells of a second: its events, or the visits that ended in it. These are told minutes later, when the events are not
 * corrected any more, and so have a result of their own.
 */
export type PaneKind = 'events' | 'visits'

/** The key of a record of `analytics-results`: `<partition>/<start>`, with `/visits` behind it for these. */
export const resultKey = (partition: number, start: number, kind: PaneKind): string =>
  kind === 'events' ? `${partition}/${start}` : `${partition}/${start}/visits`

export const readResultKey = (key: string): { partition: number; start: number; kind: PaneKind } => {
  const [partition, start, kind] = key.split('/')
  return { partition: Number(partition), start: Number(start), kind: kind === undefined ? 'events' : 'visits' }
}

/** The value of such a record. */
export interface PaneResult {
  readonly partition: number
  /** Of the window, ms since 1970. */
  readonly start: number
  /** Events when it is left out. */
  readonly kind?: PaneKind
  /** How far the partition has come. */
  readonly watermark: number
  /** How much of the partition it knows: every record before this offset. What was written before it was said has none. */
  readonly next?: number
  readonly pane: StoredPane
}
