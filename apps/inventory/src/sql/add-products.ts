import type { Sql } from '#libs/database'

export interface SeedProduct {
  readonly sku: string
  readonly name: string
  readonly stock: number
}

/** Without any stock so far. Answers the ones that were not there yet. */
export const addProducts = async (sql: Sql, products: readonly SeedProduct[]): Promise<string[]> => {
  const rows = await sql.query<{ sku: string }>(
    `INSERT INTO stock_levels (sku, name, on_hand, reserved)
     SELECT sku, name, 0, 0 FROM unnest($1::text[], $2::text[]) AS p (sku, name)
     ON CONFLICT (sku) DO NOTHING
     RETURNING sku`,
    products.map(({ sku }) => sku),
    products.map(({ name }) => name),
  )
  return rows.map(({ sku }) => sku)
}
