import type { RowsTable, TotalsTable } from '#libs/projections'
import type { Sale } from './fold.ts'

export const saleOfOrder: RowsTable<Sale> = { name: 'sales_orders', key: 'order_id' }

export const salesPerMinute: TotalsTable<Sale> = {
  name: 'sales_per_minute',
  key: { minute: 'timestamptz', currency: 'text' },
  sums: { orders: 'int', amount: 'bigint' },
  of: (sale) => (sale === null ? [] : [{ key: [sale.minute, sale.currency], sums: [1, sale.amount] }]),
}
