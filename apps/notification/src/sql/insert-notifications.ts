import type { Sql } from '#libs/database'
import type { BegunNotification } from '../notifications.ts'

/** Answers how many were written: one that is there already is left as it is. */
export const insertNotifications = (sql: Sql, rows: readonly BegunNotification[], at: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO notifications (notification_id, order_id, customer_id, kind, channel, recipient, status, at, return_id,
                                priority, released_at, campaign_id, replaces, error)
     SELECT id, order_id, customer_id, kind, channel, recipient, status, $8, return_id,
            priority, CASE WHEN released THEN $8::timestamptz END, campaign_id, replaces, error
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $9::text[],
                 $10::text[], $11::boolean[], $12::uuid[], $13::text[], $14::text[])
       AS new (id, order_id, customer_id, kind, channel, recipient, status, return_id,
               priority, released, campaign_id, replaces, error)
     ORDER BY order_id, kind, return_id, channel
     ON CONFLICT (order_id, kind, return_id, channel) DO NOTHING`,
    rows.map((row) => row.notificationId),
    rows.map((row) => row.orderId),
    rows.map((row) => row.customerId),
    rows.map((row) => row.kind),
    rows.map((row) => row.channel),
    rows.map((row) => row.to),
    rows.map((row) => row.status),
    at,
    rows.map((row) => row.returnId ?? ''),
    rows.map((row) => row.priority),
    rows.map((row) => row.isReleased),
    rows.map((row) => row.campaignId ?? null),
    rows.map((row) => row.replaces ?? null),
    rows.map((row) => row.error ?? null),
  )
