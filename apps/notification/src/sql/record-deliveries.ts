import type { Sql } from '#libs/database'
import type { Delivery } from '../notifications.ts'

export const recordDeliveries = async (sql: Sql, rows: readonly Delivery[], at: Date): Promise<void> => {
  await sql.execute(
    `UPDATE notifications n SET status = ended.status, error = ended.error, at = $6
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
       AS ended (order_id, kind, return_id, status, error)
     WHERE n.order_id = ended.order_id AND n.kind = ended.kind AND n.return_id = ended.return_id`,
    rows.map((row) => row.orderId),
    rows.map((row) => row.kind),
    rows.map((row) => row.returnId ?? ''),
    rows.map((row) => row.status),
    rows.map((row) => row.error ?? null),
    at,
  )
}
