import type { Sql } from '#libs/database'
import type { Notification } from '../notifications.ts'

type NotificationName = Pick<Notification, 'orderId' | 'kind'>

/** Which of these have been begun. */
export const findNotifications = (sql: Sql, asked: readonly NotificationName[]): Promise<NotificationName[]> =>
  sql.query(
    `SELECT order_id AS "orderId", kind FROM notifications
      WHERE (order_id, kind) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))`,
    asked.map(({ orderId }) => orderId),
    asked.map(({ kind }) => kind),
  )
