import type { Sql } from '#libs/database'
import type { NotificationName } from '../notifications.ts'

/** Which of these have been begun. */
export const findNotifications = (sql: Sql, asked: readonly NotificationName[]): Promise<NotificationName[]> =>
  sql.query(
    `SELECT order_id AS "orderId", kind, nullif(return_id, '') AS "returnId" FROM notifications
      WHERE (order_id, kind, return_id) IN (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]))`,
    asked.map(({ orderId }) => orderId),
    asked.map(({ kind }) => kind),
    asked.map(({ returnId }) => returnId ?? ''),
  )
