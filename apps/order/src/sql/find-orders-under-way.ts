import type { Sql } from '#libs/database'

/**
 * Orders of a customer of which something is still to be done, the order itself or a return; at most `limit`. Looks at
 * every saga that is under way, which are few.
 */
export const findOrdersUnderWay = async (sql: Sql, customerId: string, limit: number): Promise<string[]> => {
  const rows = await sql.query<{ orderId: string }>(
    `SELECT DISTINCT correlation_id AS "orderId" FROM sagas
      WHERE status IN ('running', 'compensating', 'needs_attention')
        AND coalesce(state->'order'->>'customerId', state->'request'->>'customerId') = $1
      ORDER BY 1 LIMIT $2`,
    customerId,
    limit,
  )
  return rows.map(({ orderId }) => orderId)
}
