import type { Sql } from '#libs/database'
import type { StockLevel } from '../domain/stock.ts'

/** The levels as last committed, without locking anything: of one product, or of all. */
export const readLevels = (sql: Sql, sku?: string): Promise<(StockLevel & { name: string })[]> =>
  sql.query(
    `SELECT sku, name, on_hand AS "onHand", reserved FROM stock_levels
     WHERE $1::text IS NULL OR sku = $1 ORDER BY sku`,
    sku ?? null,
  )
