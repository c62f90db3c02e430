import { folded } from '#libs/projections'
import { sale } from './fold.ts'
import { saleOfOrder, salesPerMinute } from './tables.ts'

/** Completed orders and their worth per minute and currency. */
export const sales = folded({
  name: 'sales-per-minute',
  types: ['order.completed'],
  keyOf: ({ data }) => data.orderId.toLowerCase(),
  fold: sale,
  rows: saleOfOrder,
  totals: salesPerMinute,
})
