import type { AnyMessage, StockLine } from '#libs/contracts'
import type { Fold } from '#libs/projections'

export const productSalesFacts = ['order.placed', 'order.completed', 'order.return-ended'] as const
type Fact = Extract<AnyMessage, { type: (typeof productSalesFacts)[number] }>

/** What one order sells, when, and what of it came back: what its facts say, whichever comes first. */
export interface SoldOrder {
  readonly lines?: readonly SoldLine[]
  /** The day on which it was completed, UTC: 2026-11-27. */
  readonly day?: string
  /** By return: the pieces that the customer gave away for good and was refunded for. */
  readonly returned?: Readonly<Record<string, readonly StockLine[]>>
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
    if (fact.type === 'order.return-ended') {
      const { returnId, items } = fact.data
      return items.length === 0 ? order : { ...order, returned: { ...order.returned, [returnId]: items } }
    }
    const lines = fact.data.items.map(({ sku, quantity, lineTotal }) => ({
      ...{ sku, quantity },
      ...{ amount: lineTotal.amount, currency: lineTotal.currency },
    }))
    return { ...order, lines }
  },
}
