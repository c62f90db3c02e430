import type { Sql } from '#libs/database'
import type { Notification } from '../notifications.ts'

/** The key (order, kind) is the last guard of "told once": breaking it fails the transaction, e-mail and all. */
export const insertNotifications = async (sql: Sql, rows: readonly Notification[], at: Date): Promise<void> => {
  await sql.execute(
    `INSERT INTO notifications (notification_id, order_id, customer_id, kind, channel, recipient, status, at)
     SELECT id, order_id, customer_id, kind, channel, recipient, 'pending', $7
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS new (id, order_id, customer_id, kind, channel, recipient)`,
    rows.map((row) => row.notificationId),
    rows.map((row) => row.orderId),
    rows.map((row) => row.customerId),
    rows.map((row) => row.kind),
    rows.map((row) => row.channel),
    rows.map((row) => row.to),
    at,
  )
}
