import { ConcurrencyConflict, type Sql } from '#libs/database'
import type { OrderViewChange } from '../order-views.ts'

/** Both statements leave together. What is updated was locked when it was read. */
export const saveOrderViews = async (sql: Sql, changes: readonly OrderViewChange[]): Promise<void> => {
  const [begun, known] = [changes.filter(({ before }) => before === ''), changes.filter(({ before }) => before !== '')]
  const [inserted] = await Promise.all([insertOrderViews(sql, begun), updateOrderViews(sql, known)])
  if (inserted < begun.length) throw new ConcurrencyConflict('another transaction began the view of an order first')
}

const insertOrderViews = async (sql: Sql, changes: readonly OrderViewChange[]): Promise<number> => {
  if (changes.length === 0) return 0
  return sql.execute(
    `INSERT INTO order_views (order_id, customer_id, placed_at, placed, status, progress, timeline)
     SELECT order_id, customer_id, placed_at, placed::json, status, progress::json, happened
       FROM unnest(${ARRAYS}) AS new (${COLUMNS})
      ORDER BY order_id
     ON CONFLICT DO NOTHING`,
    ...parameters(changes),
  )
}

/** What order.placed said is written with it and kept by all others. */
const updateOrderViews = async (sql: Sql, changes: readonly OrderViewChange[]): Promise<void> => {
  if (changes.length === 0) return
  await sql.execute(
    `UPDATE order_views v
        SET customer_id = coalesce(new.customer_id, v.customer_id), placed_at = coalesce(new.placed_at, v.placed_at),
            placed = coalesce(new.placed::json, v.placed), status = new.status, progress = new.progress::json,
            timeline = v.timeline || new.happened
       FROM unnest(${ARRAYS}) AS new (${COLUMNS})
      WHERE v.order_id = new.order_id`,
    ...parameters(changes),
  )
}

const COLUMNS = 'order_id, customer_id, placed_at, placed, status, progress, happened'
const ARRAYS = '$1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[]'

const parameters = (changes: readonly OrderViewChange[]): unknown[] => [
  changes.map(({ orderId }) => orderId),
  changes.map(({ placed }) => placed?.customerId ?? null),
  changes.map(({ placed }) => placed?.placedAt ?? null),
  changes.map(({ placed }) => (placed === undefined ? null : JSON.stringify(placed))),
  changes.map(({ progress }) => progress.status),
  changes.map(({ progress }) => JSON.stringify(progress)),
  changes.map(({ happened }) => happened),
]
