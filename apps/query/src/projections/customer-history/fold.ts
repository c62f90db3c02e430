import type { AnyMessage } from '#libs/contracts'
import type { Fold } from '#libs/projections'

export const customerHistoryFacts = [
  'order.placed',
  'order.completed',
  'order.rejected',
  'order.cancelled',
  'payment.captured',
  'payment.refunded',
  'payment.return-refunded',
] as const
type Fact = Extract<AnyMessage, { type: (typeof customerHistoryFacts)[number] }>

/** One order of a customer's history. Facts of other topics may come before order.placed. */
export interface CustomerOrder {
  readonly customerId: string
  readonly currency: string
  readonly placedAt?: string
  readonly status: 'open' | 'completed' | 'rejected' | 'cancelled'
  /** Minor units. */
  readonly total: number
  /** What was captured and given back, minor units by the provider's id: each counts once, however often it is told. */
  readonly spent: Readonly<Record<string, number>>
  readonly returned: Readonly<Record<string, number>>
}

const unknown: CustomerOrder = { customerId: '', currency: '', status: 'open', total: 0, spent: {}, returned: {} }

export const customerOrder: Fold<CustomerOrder, Fact> = {
  initial: unknown,
  evolve: (order, fact) => ({ ...order, customerId: fact.data.customerId, ...change(order, fact) }),
}

const change = (order: CustomerOrder, fact: Fact): Partial<CustomerOrder> => {
  switch (fact.type) {
    case 'order.placed':
      return { placedAt: fact.time, ...priced(fact.data) }
    case 'order.completed':
      return { status: 'completed', ...priced(fact.data) }
    case 'order.rejected':
      return { status: 'rejected', ...priced(fact.data) }
    case 'order.cancelled':
      return { status: 'cancelled', ...priced(fact.data) }
    case 'payment.captured': {
      const { captureId, amount } = fact.data
      return { currency: amount.currency, spent: { ...order.spent, [captureId]: amount.amount } }
    }
    case 'payment.refunded':
    case 'payment.return-refunded': {
      const { refundId, amount } = fact.data
      return { currency: amount.currency, returned: { ...order.returned, [refundId]: amount.amount } }
    }
  }
}

const priced = ({ total }: { readonly total: { readonly amount: number; readonly currency: string } }) => ({
  currency: total.currency,
  total: total.amount,
})

export const sumOf = (amounts: Readonly<Record<string, number>>): number =>
  Object.values(amounts).reduce((sum, amount) => sum + amount, 0)
