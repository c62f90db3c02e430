import type { Sql } from '#libs/database'
import type { Sale } from '../domain/sales.ts'

/** Adds to what is there; rows are touched in one order for everybody, so that two writers cannot deadlock. */
export const addSales = async (sql: Sql, sales: readonly Sale[]): Promise<void> => {
  await sql.execute(
    `INSERT INTO sales_per_minute (minute, currency, orders, amount)
     SELECT minute, currency, count(*)::int, sum(amount)::bigint
     FROM unnest($1::timestamptz[], $2::text[], $3::bigint[]) AS new (minute, currency, amount)
     GROUP BY minute, currency ORDER BY minute, currency
     ON CONFLICT (minute, currency) DO UPDATE SET
       orders = sales_per_minute.orders + excluded.orders, amount = sales_per_minute.amount + excluded.amount`,
    sales.map((sale) => sale.minute),
    sales.map((sale) => sale.currency),
    sales.map((sale) => sale.amount),
  )
}
