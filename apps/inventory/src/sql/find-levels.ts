import type { Sql } from '#libs/database'
import type { StockLevel } from '../domain/stock.ts'

/** The levels of these products as last committed, without locking anything; unknown ones are missing. */
export const findLevels = (sql: Sql, skus: readonly string[]): Promise<StockLevel[]> =>
  sql.query('SELECT sku, on_hand AS "onHand", reserved FROM stock_levels WHERE sku = ANY($1::text[])', skus)
