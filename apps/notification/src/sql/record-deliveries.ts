import type { Sql } from '#libs/database'
import type { Delivery } from '../notifications.ts'

export const recordDeliveries = async (sql: Sql, rows: readonly Delivery[], at: Date): Promise<void> => {
  await sql.execute(
    `UPDATE notifications n SET status = ended.status, error = ended.error, at = $5
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS ended (order_id, kind, status, error)
     WHERE n.order_id = ended.order_id AND n.kind = ended.kind`,
    rows.map((row) => row.orderId),
    rows.map((row) => row.kind),
    rows.map((row) => row.status),
    rows.map((row) => row.error ?? null),
    at,
  )
}
