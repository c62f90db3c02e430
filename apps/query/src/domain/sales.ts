import type { Message } from '#libs/contracts'

/** One completed order, as the sales-per-minute read model counts it. */
export interface Sale {
  /** ISO 8601, UTC, cut to the minute in which the order was completed. */
  readonly minute: string
  readonly currency: string
  /** Minor units. */
  readonly amount: number
}

export const saleOf = (fact: Message<'order.completed'>): Sale => ({
  minute: `${fact.time.slice(0, 16)}:00Z`,
  currency: fact.data.total.currency,
  amount: fact.data.total.amount,
})
