import type { Sql } from '#libs/database'
import type { Cursor } from '../api/cursor.ts'
import type { SagaCard } from '../projections/saga-board/fold.ts'

export const readStages = (sql: Sql): Promise<{ stage: string; orders: number }[]> =>
  sql.query('SELECT stage, orders FROM saga_stages')

/** The cards of one stage, those that were placed first before others. */
export const readCards = (
  sql: Sql,
  stage: string,
  after: Cursor | undefined,
  limit: number,
): Promise<{ orderId: string; placedAt: Date; state: SagaCard }[]> =>
  sql.query(
    `SELECT order_id AS "orderId", placed_at AS "placedAt", state FROM saga_cards
      WHERE stage = $1
        AND ($2::timestamptz IS NULL OR placed_at > $2::timestamptz OR (placed_at = $2::timestamptz AND order_id > $3::uuid))
      ORDER BY placed_at, order_id LIMIT $4::int`,
    stage,
    after?.at ?? null,
    after?.id ?? null,
    limit,
  )
