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

/** What was counted in one window, of one partition or of several. */
export interface Pane {
  readonly counts: Readonly<Record<Dimension, Counts>>
  readonly visitors: Registers
  /** What baskets were worth that were bought. */
  readonly baskets: Bins
  /** The newest event in it, ms since 1970; 0 for none. */
  newest: number
}

export const emptyPane = (): Pane => ({
  counts: { all: new Map(), country: new Map(), device: new Map(), product: new Map() },
  visitors: new Map(),
  baskets: new Map(),
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
  dimensions.reduce((sum, dimension) => sum + pane.counts[dimension].size, pane.visitors.size + pane.baskets.size)

/** Adds what another pane holds; with what that one was `before`, in place of it. */
export const mergePane = (into: Pane, pane: Pane, before?: Pane): void => {
  for (const dimension of dimensions) {
    addCounts(into.counts[dimension], pane.counts[dimension])
    if (before !== undefined) addCounts(into.counts[dimension], before.counts[dimension], -1)
  }
  addBins(into.baskets, pane.baskets)
  if (before !== undefined) addBins(into.baskets, before.baskets, -1)
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
  readonly newest: number
}

export const storePane = ({ counts, visitors, baskets, newest }: Pane): StoredPane => ({
  counts: byDimension((dimension) => Object.fromEntries(counts[dimension])),
  visitors: encodeRegisters(visitors),
  baskets: [...baskets],
  newest,
})

export const loadPane = ({ counts, visitors, baskets, newest }: StoredPane): Pane => ({
  counts: byDimension((dimension) => new Map(Object.entries(counts[dimension]))),
  visitors: decodeRegisters(visitors),
  baskets: new Map(baskets),
  newest,
})

const byDimension = <T>(of: (dimension: Dimension) => T): Record<Dimension, T> =>
  Object.fromEntries(dimensions.map((dimension) => [dimension, of(dimension)])) as Record<Dimension, T>

/** The record of `analytics-results` under the key `<partition>/<start>`. */
export interface PaneResult {
  readonly partition: number
  /** Of the window, ms since 1970. */
  readonly start: number
  /** How far the partition has come. */
  readonly watermark: number
  /** How much of the partition it knows: every record before this offset. What was written before it was said has none. */
  readonly next?: number
  readonly pane: StoredPane
}
