import type { RowsTable, TotalsTable } from '#libs/projections'
import { type CustomerOrder, sumOf } from './fold.ts'

export const customerOrders: RowsTable<CustomerOrder> = {
  name: 'customer_orders',
  key: 'order_id',
  columns: {
    customer_id: { type: 'text', of: ({ customerId }) => customerId },
    placed_at: { type: 'timestamptz', of: ({ placedAt }) => placedAt ?? null },
  },
  indexes: ['(customer_id, placed_at DESC, order_id)'],
}

export const customerTotals: TotalsTable<CustomerOrder> = {
  name: 'customer_totals',
  key: { customer_id: 'text', currency: 'text' },
  sums: { orders: 'int', completed: 'int', spent: 'bigint', returned: 'bigint' },
  of: ({ customerId, currency, placedAt, status, spent, returned }) =>
    placedAt === undefined
      ? []
      : [
          {
            key: [customerId, currency],
            sums: [1, status === 'completed' ? 1 : 0, sumOf(spent), sumOf(returned)],
          },
        ],
}
