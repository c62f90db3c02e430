import type { RowsTable, TotalsTable } from '#libs/projections'
import type { SoldOrder } from './fold.ts'

export const soldOrders: RowsTable<SoldOrder> = { name: 'sold_orders', key: 'order_id' }

export const productSales: TotalsTable<SoldOrder> = {
  name: 'product_sales',
  key: { day: 'text', sku: 'text', currency: 'text' },
  sums: { orders: 'int', quantity: 'int', amount: 'bigint' },
  of: ({ day, lines }) =>
    day === undefined || lines === undefined
      ? []
      : lines.map(({ sku, currency, quantity, amount }) => ({
          key: [day, sku, currency],
          sums: [1, quantity, amount],
        })),
  indexes: ['(sku, day)'],
}
