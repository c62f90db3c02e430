import type { Sql } from '#libs/database'
import type { OrderViewChange } from '../order-views.ts'

export const saveOrderViews = async (sql: Sql, changes: readonly OrderViewChange[]): Promise<void> => {
  await sql.execute(
    `INSERT INTO order_views (order_id, customer_id, status, placed_at, view, timeline)
     SELECT order_id, customer_id, status, placed_at, view::json, happened
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
       AS new (order_id, customer_id, status, placed_at, view, happened)
     ON CONFLICT (order_id) DO UPDATE SET
       customer_id = excluded.customer_id, status = excluded.status, placed_at = excluded.placed_at, view = excluded.view,
       timeline = order_views.timeline || excluded.timeline`,
    changes.map(({ view }) => view.orderId),
    changes.map(({ view }) => view.placed?.customerId ?? null),
    changes.map(({ view }) => (view.placed === undefined ? null : view.status)),
    changes.map(({ view }) => view.placed?.placedAt ?? null),
    changes.map(({ view }) => JSON.stringify(view)),
    changes.map(({ happened }) => happened),
  )
}
