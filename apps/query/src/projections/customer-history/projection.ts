import { folded } from '#libs/projections'
import { customerHistoryFacts, customerOrder } from './fold.ts'
import { customerOrders, customerTotals } from './tables.ts'

/** What a customer ordered, spent and got back, by currency. */
export const customerHistory = folded({
  name: 'customer-history',
  types: customerHistoryFacts,
  keyOf: ({ data }) => data.orderId.toLowerCase(),
  fold: customerOrder,
  rows: customerOrders,
  totals: customerTotals,
})
