import type { Sql } from '#libs/database'

export interface StockMove {
  readonly sku: string
  /** Pieces that can be had more than before; negative for fewer. */
  readonly more: number
}

/** In the order of their products, so that two who move stock never wait for each other in a circle. */
export const moveStock = async (sql: Sql, moves: readonly StockMove[]): Promise<void> => {
  if (moves.length === 0) return
  await sql.execute(
    `INSERT INTO stock (sku, available)
     SELECT sku, sum(more) FROM json_to_recordset($1::json) AS moves (sku text, more bigint) GROUP BY sku ORDER BY sku
     ON CONFLICT (sku) DO UPDATE SET available = stock.available + EXCLUDED.available`,
    JSON.stringify(moves),
  )
}
