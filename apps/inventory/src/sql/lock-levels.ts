import type { Sql } from '#libs/database'
import type { StockLevel } from '../domain/stock.ts'

/** A level, and the version of the product's stream of events that it is the sum of. */
export interface StoredLevel extends StockLevel {
  readonly version: number
}

/** Locks in the order of the SKUs, so that transactions which want the same products queue up instead of deadlocking. */
export const lockLevels = (sql: Sql, skus: readonly string[]): Promise<StoredLevel[]> =>
  sql.query(
    `SELECT sku, on_hand AS "onHand", reserved, version FROM stock_levels
     WHERE sku = ANY($1::text[]) ORDER BY sku FOR UPDATE`,
    skus,
  )
