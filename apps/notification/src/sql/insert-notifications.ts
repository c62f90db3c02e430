import type { Sql } from '#libs/database'
import type { Notification } from '../notifications.ts'

/** Answers how many were written: one that is there already is left as it is. */
export const insertNotifications = (sql: Sql, rows: readonly Notification[], at: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO notifications (notification_id, order_id, customer_id, kind, channel, recipient, status, at, return_id)
     SELECT id, order_id, customer_id, kind, channel, recipient, 'pending', $7, return_id
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $8::text[])
       AS new (id, order_id, customer_id, kind, channel, recipient, return_id)
     ORDER BY order_id, kind, return_id
     ON CONFLICT (order_id, kind, return_id) DO NOTHING`,
    rows.map((row) => row.notificationId),
    rows.map((row) => row.orderId),
    rows.map((row) => row.customerId),
    rows.map((row) => row.kind),
    rows.map((row) => row.channel),
    rows.map((row) => row.to),
    at,
    rows.map((row) => row.returnId ?? ''),
  )
