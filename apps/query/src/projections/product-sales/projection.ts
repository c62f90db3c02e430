import { folded } from '#libs/projections'
import { productSalesFacts, soldOrder } from './fold.ts'
import { productSales as perDay, soldOrders } from './tables.ts'

/** What was sold of each product on each day, by currency: pieces and worth of completed orders. */
export const productSales = folded({
  name: 'product-sales',
  types: productSalesFacts,
  keyOf: ({ data }) => data.orderId.toLowerCase(),
  fold: soldOrder,
  rows: soldOrders,
  totals: perDay,
})
