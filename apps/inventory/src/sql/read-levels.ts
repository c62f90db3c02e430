import type { Sql } from '#libs/database'
import type { StoredLevel } from './lock-levels.ts'

/** The levels as last committed, without locking anything: of one product, or of all. */
export const readLevels = (sql: Sql, sku?: string): Promise<(StoredLevel & { readonly name: string })[]> =>
  sql.query(
    `SELECT sku, name, on_hand AS "onHand", reserved, version FROM stock_levels
     WHERE $1::text IS NULL OR sku = $1 ORDER BY sku`,
    sku ?? null,
  )
