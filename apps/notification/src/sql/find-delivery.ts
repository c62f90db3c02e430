import type { Sql } from '#libs/database'
import type { DeliveryName } from '../notifications.ts'

/**
 * How a delivery stands, and whether another channel has taken its place; undefined where there is no such row, as in a
 * database of an earlier day.
 */
export const findDelivery = async (
  sql: Sql,
  { orderId, kind, returnId, channel }: DeliveryName,
): Promise<{ status: string; isReplaced: boolean } | undefined> => {
  const [row] = await sql.query<{ status: string; isReplaced: boolean }>(
    `SELECT status, EXISTS (
              SELECT 1 FROM notifications r WHERE r.order_id = n.order_id AND r.kind = n.kind AND r.return_id = n.return_id
                 AND r.replaces = n.channel AND r.status <> 'failed') AS "isReplaced"
       FROM notifications n WHERE order_id = $1::uuid AND kind = $2 AND return_id = $3 AND channel = $4`,
    orderId,
    kind,
    returnId ?? '',
    channel,
  )
  return row
}
