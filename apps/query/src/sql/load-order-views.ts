import type { Sql } from '#libs/database'
import type { OrderProgress } from '../domain/order-view.ts'

export interface StoredOrderView {
  readonly orderId: string
  readonly progress: OrderProgress
  readonly timeline: string
}

/**
 * The views of these orders, locked in one order for everybody, so that two writers wait instead of deadlocking. What
 * order.placed said is not read: nothing that happens later depends on it.
 */
export const loadOrderViews = (sql: Sql, orderIds: readonly string[]): Promise<StoredOrderView[]> =>
  sql.query(
    `SELECT order_id AS "orderId", progress, timeline
       FROM order_views WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    orderIds,
  )
