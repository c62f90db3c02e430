import type { Sql } from '#libs/database'
import type { ProductPace } from '../domain/sell-out-alert.ts'
import type { WindowsAsked } from './read-windows.ts'
import { isServed } from './served-generation.ts'

/** What was sold of each product in these windows, joined with what there is of it: the fastest first, `limit` at most. */
export const readPace = async (sql: Sql, { step, from, to }: WindowsAsked, limit: number): Promise<ProductPace[]> =>
  sql.query<ProductPace>(
    `SELECT sku, name, sum(units)::float8 AS sold, available::float8 FROM window_counts
       JOIN stock ON sku = key LEFT JOIN products USING (sku)
      WHERE ${isServed} AND step = $1::int AND start >= to_timestamp($2::float8 / 1000) AND start < to_timestamp($3::float8 / 1000)
        AND dimension = 'product' GROUP BY sku, name, available ORDER BY sold DESC, sku LIMIT $4::int`,
    ...[step, from, to, limit],
  )
