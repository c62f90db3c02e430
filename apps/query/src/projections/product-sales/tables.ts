import type { RowsTable, TotalsTable } from '#libs/projections'
import type { SoldOrder } from './fold.ts'

export const soldOrders: RowsTable<SoldOrder> = { name: 'sold_orders', key: 'order_id' }

export const productSales: TotalsTable<SoldOrder> = {
  name: 'product_sales',
  key: { day: 'text', sku: 'text', currency: 'text' },
  sums: { orders: 'int', quantity: 'int', amount: 'bigint', returned_quantity: 'int', returned_amount: 'bigint' },
  of: ({ day, lines, returned = {} }) => {
    if (day === undefined || lines === undefined) return []
    const sold = lines.map(({ sku, currency, quantity, amount }) => ({
      ...{ key: [day, sku, currency], sums: [1, quantity, amount, 0, 0] },
    }))
    const back = Object.values(returned).flatMap((items) =>
      items.flatMap(({ sku, quantity }) => {
        const line = lines.find((one) => one.sku === sku)
        if (line === undefined) return []
        return [{ key: [day, sku, line.currency], sums: [0, 0, 0, quantity, (line.amount / line.quantity) * quantity] }]
      }),
    )
    return [...sold, ...back]
  },
  indexes: ['(sku, day)'],
}
