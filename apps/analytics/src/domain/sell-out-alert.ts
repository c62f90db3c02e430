import { HOUR } from '#libs/streams'
import { topology } from './topology.ts'

/** A stream-table join: what was sold of a product in a sliding window, and what there is of it. Pieces. */
export interface ProductPace {
  readonly sku: string
  /** Null while the catalogue has not told it. */
  readonly name: string | null
  readonly sold: number
  readonly available: number
}

/** The value of a record of `analytics-alerts`. */
export interface SellOutAlert extends ProductPace {
  readonly v: 1
  readonly type: 'product.selling-out'
  /** One for a product and an hour, however often it is looked at. */
  readonly id: string
  /** The window in which `sold` were sold, ms since 1970. */
  readonly from: number
  readonly to: number
  /** At this pace nothing is left after so long. Milliseconds. */
  readonly leftMs: number
}

const { windows, within, least } = topology.sellOut

/** The start of the newest sliding window that is over and not corrected any more. Milliseconds since 1970. */
export const windowToLookAt = (now: number): number => windows.of(now - topology.grace - windows.size).at(-1)!

/** An alert for a product of which nothing will be left within the hour, if it goes on selling as in this window. */
export const sellOutAlert = (from: number, pace: ProductPace): SellOutAlert | undefined => {
  const { sku, sold, available } = pace
  // What is gone does not sell out any more.
  if (sold < least || available <= 0) return undefined
  const leftMs = Math.round((available / sold) * windows.size)
  if (leftMs > within) return undefined
  const to = from + windows.size
  const id = `sell-out-${sku}-${Math.floor(to / HOUR) * HOUR}`
  return { v: 1, type: 'product.selling-out', id, from, to, leftMs, ...pace }
}
