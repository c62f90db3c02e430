import { ConcurrencyConflict, type Sql } from '#libs/database'
import { type ProjectionTable, tableOf } from '#libs/projections'
import type { OrderProgress } from './fold.ts'
import type { OrderViewChange } from './projection.ts'

export const orderViews: ProjectionTable = {
  name: 'order_views',
  // What order.placed said is null until it is seen: facts of other topics may come first.
  columns: `order_id uuid PRIMARY KEY, customer_id text, placed_at timestamptz(3), placed json, status text NOT NULL,
            progress json NOT NULL, timeline text NOT NULL`,
  indexes: ['(placed_at DESC, order_id)', '(customer_id, placed_at DESC)'],
  // A row is rewritten with every fact about its order and then left alone: room on its page for that, so that the
  // indexes, whose columns change once, need no new entries (heap-only tuples).
  // It grows to some 3 KB: kept whole on its page, where PostgreSQL would begin to compress at 2 KB.
  storage: 'fillfactor = 60, toast_tuple_target = 8160',
  compared: {
    key: ['order_id'],
    says: `concat_ws(' ', t.customer_id, extract(epoch FROM t.placed_at), t.placed::text, t.status,
                     replace(t.progress::text, '\\u0000', '')::jsonb::text,
                     (SELECT string_agg(line, ' ' ORDER BY line COLLATE "C") FROM unnest(string_to_array(t.timeline, chr(10))) line))`,
  },
}

export interface StoredOrderView {
  readonly orderId: string
  readonly progress: OrderProgress
  readonly timeline: string
}

/**
 * The views of these orders, locked in one order for everybody, so that two writers wait instead of deadlocking. What
 * order.placed said is not read: nothing that happens later depends on it.
 */
export const loadOrderViews = (sql: Sql, version: number, orderIds: readonly string[]): Promise<StoredOrderView[]> =>
  sql.query(
    `SELECT order_id AS "orderId", progress, timeline
       FROM ${tableOf(orderViews, version)} WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    orderIds,
  )

/** Both statements leave together. What is updated was locked when it was read. */
export const saveOrderViews = async (sql: Sql, version: number, changes: readonly OrderViewChange[]): Promise<void> => {
  const table = tableOf(orderViews, version)
  const [begun, known] = [changes.filter(({ before }) => before === ''), changes.filter(({ before }) => before !== '')]
  const [inserted] = await Promise.all([insertOrderViews(sql, table, begun), updateOrderViews(sql, table, known)])
  if (inserted < begun.length) throw new ConcurrencyConflict('another transaction began the view of an order first')
}

const insertOrderViews = async (sql: Sql, table: string, changes: readonly OrderViewChange[]): Promise<number> => {
  if (changes.length === 0) return 0
  return sql.execute(
    `INSERT INTO ${table} (order_id, customer_id, placed_at, placed, status, progress, timeline)
     SELECT order_id, customer_id, placed_at, placed::json, status, progress::json, happened
       FROM unnest(${ARRAYS}) AS new (${COLUMNS})
      ORDER BY order_id
     ON CONFLICT DO NOTHING`,
    ...parameters(changes),
  )
}

/** What order.placed said is written with it and kept by all others. */
const updateOrderViews = async (sql: Sql, table: string, changes: readonly OrderViewChange[]): Promise<void> => {
  if (changes.length === 0) return
  await sql.execute(
    `UPDATE ${table} v
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
