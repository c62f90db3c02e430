import type { Sql } from '#libs/database'
import type { OrderView } from '../domain/order-view.ts'

/** The views of these orders, locked in one order for everybody, so that two writers wait instead of deadlocking. */
export const loadOrderViews = async (sql: Sql, orderIds: readonly string[]): Promise<OrderView[]> => {
  const rows = await sql.query<{ view: OrderView }>(
    `SELECT view FROM order_views WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    orderIds,
  )
  return rows.map((row) => row.view)
}
