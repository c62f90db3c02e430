import type { Sql } from '#libs/database'
import type { Cursor } from '../api/cursor.ts'
import type { CustomerOrder } from '../projections/customer-history/fold.ts'

export interface CustomerTotals {
  readonly currency: string
  readonly orders: number
  readonly completed: number
  readonly spent: bigint
  readonly returned: bigint
}

export const readCustomerTotals = (sql: Sql, customerId: string): Promise<CustomerTotals[]> =>
  sql.query(
    `SELECT currency, orders, completed, spent, returned FROM customer_totals
      WHERE customer_id = $1 AND orders <> 0 ORDER BY currency`,
    customerId,
  )

/** Newest first. */
export const readCustomerOrders = (
  sql: Sql,
  customerId: string,
  after: Cursor | undefined,
  limit: number,
): Promise<{ orderId: string; placedAt: Date; state: CustomerOrder }[]> =>
  sql.query(
    `SELECT order_id AS "orderId", placed_at AS "placedAt", state FROM customer_orders
      WHERE customer_id = $1 AND placed_at IS NOT NULL
        AND ($2::timestamptz IS NULL OR placed_at < $2::timestamptz OR (placed_at = $2::timestamptz AND order_id > $3::uuid))
      ORDER BY placed_at DESC, order_id LIMIT $4::int`,
    customerId,
    after?.at ?? null,
    after?.id ?? null,
    limit,
  )
