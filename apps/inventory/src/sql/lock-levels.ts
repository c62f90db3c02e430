import type { Sql } from '#libs/database'
import type { StockLevel } from '../domain/stock.ts'

/** Locks in the order of the SKUs, so that transactions which want the same products queue up instead of deadlocking. */
export const lockLevels = (sql: Sql, skus: readonly string[]): Promise<StockLevel[]> =>
  sql.query(
    `SELECT sku, on_hand AS "onHand", reserved FROM stock_levels
     WHERE sku = ANY($1::text[]) ORDER BY sku FOR UPDATE`,
    skus,
  )
