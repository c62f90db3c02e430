import type { Sql } from '#libs/database'
import type { OrderViewFact } from '../domain/order-view.ts'

export const appendTimeline = async (sql: Sql, facts: readonly OrderViewFact[]): Promise<void> => {
  await sql.execute(
    `INSERT INTO order_timeline (order_id, message_id, at, type)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[])
     ON CONFLICT DO NOTHING`,
    facts.map((fact) => fact.data.orderId),
    facts.map((fact) => fact.id),
    facts.map((fact) => fact.time),
    facts.map((fact) => fact.type),
  )
}
