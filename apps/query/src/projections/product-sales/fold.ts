import type { AnyMessage } from '#libs/contracts'
import type { Fold } from '#libs/projections'

export const productSalesFacts = ['order.placed', 'order.completed'] as const
type Fact = Extract<AnyMessage, { type: (typeof productSalesFacts)[number] }>

/** What one order sells, and when: what order.placed and order.completed say, whichever comes first. */
export interface SoldOrder {
  readonly lines?: readonly SoldLine[]
  /** The day on which it was completed, UTC: 2026-11-27. */
  readonly day?: string
}

export interface SoldLine {
  readonly sku: string
  readonly quantity: number
  /** Minor units. */
  readonly amount: number
  readonly currency: string
}

export const soldOrder: Fold<SoldOrder, Fact> = {
  initial: {},
  evolve: (order, fact) => {
    if (fact.type === 'order.completed') {
      const day = fact.time.slice(0, 10)
      // An order is completed once; told twice, the first time counts.
      return order.day !== undefined && order.day <= day ? order : { ...order, day }
    }
    const lines = fact.data.items.map(({ sku, quantity, lineTotal }) => ({
      ...{ sku, quantity },
      ...{ amount: lineTotal.amount, currency: lineTotal.currency },
    }))
    return { ...order, lines }
  },
}
