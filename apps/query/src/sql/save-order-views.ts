import type { Sql } from '#libs/database'
import type { OrderView } from '../domain/order-view.ts'

export const saveOrderViews = async (sql: Sql, views: readonly OrderView[]): Promise<void> => {
  await sql.execute(
    `INSERT INTO order_views (order_id, customer_id, status, placed_at, view)
     SELECT order_id, customer_id, status, placed_at, view::json
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
       AS new (order_id, customer_id, status, placed_at, view)
     ON CONFLICT (order_id) DO UPDATE SET
       customer_id = excluded.customer_id, status = excluded.status, placed_at = excluded.placed_at, view = excluded.view`,
    views.map((view) => view.orderId),
    views.map((view) => view.placed?.customerId ?? null),
    views.map((view) => (view.placed === undefined ? null : view.status)),
    views.map((view) => view.placed?.placedAt ?? null),
    views.map((view) => JSON.stringify(view)),
  )
}
