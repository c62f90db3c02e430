import { folded } from '#libs/projections'
import { productSalesFacts, soldOrder } from './fold.ts'
import { productSales as perDay, soldOrders } from './tables.ts'

/**
 * What was sold of each product on each day, by currency: pieces and worth of completed orders, and what of that came back
 * since. A return counts on the day of the sale that it undoes, so that a day's net sales are sold less returned.
 */
export const productSales = folded({
  name: 'product-sales',
  revision: 2,
  types: productSalesFacts,
  keyOf: ({ data }) => data.orderId.toLowerCase(),
  fold: soldOrder,
  rows: soldOrders,
  totals: perDay,
})
