import type { Message } from '#libs/contracts'
import type { Sql } from '#libs/database'
import type { DeliverType } from '../deliver.ts'
import { rankOf } from '../domain/channels.ts'
import type { NewWaiting } from '../waiting-room.ts'

/** Says of each customer when to look: at once, whatever was said before. In the order of their names, for locks. */
export const insertWaiting = async (sql: Sql, rows: readonly NewWaiting[], now: Date): Promise<void> => {
  const customers = [...new Set(rows.map(({ message }) => message.data.customerId))].sort()
  await Promise.all([
    sql.execute(
      `INSERT INTO waiting_notifications (notification_id, customer_id, priority, since, not_before, message)
       SELECT id, customer_id, priority, $6, not_before, message::json
       FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::timestamptz[], $5::text[])
         AS new (id, customer_id, priority, not_before, message)
       ON CONFLICT DO NOTHING`,
      rows.map(({ message }) => message.data.notificationId),
      rows.map(({ message }) => message.data.customerId),
      rows.map(({ message }) => rankOf(message.data.priority)),
      rows.map(({ notBefore }) => notBefore),
      rows.map(({ message }) => JSON.stringify(message)),
      now,
    ),
    sql.execute(
      `INSERT INTO waiting_customers (customer_id, due_at) SELECT id, $2 FROM unnest($1::text[]) AS new (id) ORDER BY id
       ON CONFLICT (customer_id) DO UPDATE SET due_at = least(waiting_customers.due_at, excluded.due_at)`,
      customers,
      now,
    ),
  ])
}

/** When the next customer is due, if any waits. */
export const nextTurnAt = async (sql: Sql): Promise<Date | undefined> => {
  const [row] = await sql.query<{ at: Date | null }>('SELECT min(due_at) AS at FROM waiting_customers')
  return row?.at ?? undefined
}

/** Locks customers that are due, the longest due first, but those that another process has. */
export const lockDueCustomers = async (sql: Sql, now: Date, limit: number): Promise<string[]> => {
  const rows = await sql.query<{ id: string }>(
    `SELECT customer_id AS id FROM waiting_customers WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    now,
    limit,
  )
  return rows.map(({ id }) => id)
}

export interface WaitingRow {
  readonly customerId: string
  readonly since: Date
  readonly notBefore: Date
  readonly message: Message<DeliverType>
}

/** Of each customer the first ones in the order in which they will go. */
export const findWaiting = (sql: Sql, customerIds: readonly string[], limit: number): Promise<WaitingRow[]> =>
  sql.query(
    `SELECT w.customer_id AS "customerId", w.since, w.not_before AS "notBefore", w.message
       FROM unnest($1::text[]) AS asked (customer_id),
            LATERAL (SELECT * FROM waiting_notifications n WHERE n.customer_id = asked.customer_id
                      ORDER BY priority, since, notification_id LIMIT $2) w`,
    customerIds,
    limit,
  )

/** When each of these customers had one, of those since `since`. */
export const findReleased = (
  sql: Sql,
  customerIds: readonly string[],
  since: Date,
): Promise<{ customerId: string; at: Date }[]> =>
  sql.query(
    `SELECT customer_id AS "customerId", released_at AS at FROM notifications
      WHERE customer_id = ANY($1::text[]) AND released_at > $2`,
    customerIds,
    since,
  )

/** It is their turn: they count from now on and wait no longer. */
export const releaseWaiting = async (sql: Sql, messages: readonly Message<DeliverType>[], now: Date): Promise<void> => {
  const data = messages.map((message) => message.data)
  await Promise.all([
    sql.execute('DELETE FROM waiting_notifications WHERE notification_id = ANY($1::uuid[])', idsOf(data)),
    sql.execute(
      `UPDATE notifications n SET status = 'pending', released_at = $5
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS r (order_id, kind, return_id, channel)
        WHERE n.order_id = r.order_id AND n.kind = r.kind AND n.return_id = r.return_id AND n.channel = r.channel`,
      data.map(({ orderId }) => orderId),
      data.map(({ kind }) => kind),
      data.map(({ returnId }) => returnId ?? ''),
      data.map(({ channel }) => channel),
      now,
    ),
  ])
}

const idsOf = (data: readonly { notificationId: string }[]): string[] =>
  data.map(({ notificationId }) => notificationId)

/** When to look at each customer again; where nothing waits any more, never. */
export const setTurns = async (sql: Sql, turns: ReadonlyMap<string, Date | undefined>): Promise<void> => {
  const again = [...turns].filter((turn): turn is [string, Date] => turn[1] !== undefined)
  const done = [...turns].flatMap(([id, at]) => (at === undefined ? [id] : []))
  await Promise.all([
    sql.execute(
      `UPDATE waiting_customers w SET due_at = t.at FROM unnest($1::text[], $2::timestamptz[]) AS t (id, at)
        WHERE w.customer_id = t.id`,
      again.map(([id]) => id),
      again.map(([, at]) => at),
    ),
    sql.execute('DELETE FROM waiting_customers WHERE customer_id = ANY($1::text[])', done),
  ])
}
