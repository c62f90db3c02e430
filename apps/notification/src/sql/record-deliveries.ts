import type { Sql } from '#libs/database'
import type { Delivery } from '../notifications.ts'

export const recordDeliveries = async (sql: Sql, rows: readonly Delivery[], at: Date): Promise<void> => {
  await sql.execute(
    `UPDATE notifications SET status = ended.status, error = ended.error, at = $4
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS ended (id, status, error)
     WHERE notification_id = ended.id`,
    rows.map((row) => row.notificationId),
    rows.map((row) => row.status),
    rows.map((row) => row.error ?? null),
    at,
  )
}
