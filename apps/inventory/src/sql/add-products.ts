import type { Sql } from '#libs/database'

export interface SeedProduct {
  readonly sku: string
  readonly name: string
  readonly stock: number
}

/** Answers the ones that were not there yet; what is there keeps its stock. */
export const addProducts = async (sql: Sql, products: readonly SeedProduct[]): Promise<string[]> => {
  const rows = await sql.query<{ sku: string }>(
    `INSERT INTO stock_levels (sku, name, on_hand, reserved)
     SELECT sku, name, stock, 0 FROM unnest($1::text[], $2::text[], $3::int[]) AS p (sku, name, stock)
     ON CONFLICT (sku) DO NOTHING
     RETURNING sku`,
    products.map(({ sku }) => sku),
    products.map(({ name }) => name),
    products.map(({ stock }) => stock),
  )
  return rows.map(({ sku }) => sku)
}
