import type { Sql } from '#libs/database'
import type { StockLevel } from '../domain/stock.ts'

export const saveLevels = (sql: Sql, levels: readonly StockLevel[]): Promise<number> =>
  sql.execute(
    `UPDATE stock_levels s SET on_hand = n.on_hand, reserved = n.reserved
     FROM unnest($1::text[], $2::int[], $3::int[]) AS n (sku, on_hand, reserved)
     WHERE s.sku = n.sku`,
    levels.map(({ sku }) => sku),
    levels.map(({ onHand }) => onHand),
    levels.map(({ reserved }) => reserved),
  )
