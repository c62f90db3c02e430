import type { Message } from '#libs/contracts'
import type { Fold } from '#libs/projections'

/** One completed order, as it is counted; null until it is completed. */
export type Sale = {
  /** ISO 8601, UTC, cut to the minute in which the order was completed. */
  readonly minute: string
  readonly currency: string
  /** Minor units. */
  readonly amount: number
} | null

export const sale: Fold<Sale, Message<'order.completed'>> = {
  initial: null,
  evolve: (state, { time, data }) => {
    const minute = `${time.slice(0, 16)}:00Z`
    // An order is completed once; told twice, the first time counts.
    if (state !== null && state.minute <= minute) return state
    return { minute, currency: data.total.currency, amount: data.total.amount }
  },
}
