import type { Sql } from '#libs/database'

export interface Product {
  readonly sku: string
  readonly name: string
  readonly price: { readonly amount: number; readonly currency: string }
}

export const saveProduct = async (sql: Sql, { sku, name, price }: Product): Promise<void> => {
  await sql.execute(
    `INSERT INTO products (sku, name, price, currency) VALUES ($1, $2, $3::bigint, $4)
     ON CONFLICT (sku) DO UPDATE SET name = EXCLUDED.name, price = EXCLUDED.price, currency = EXCLUDED.currency`,
    ...[sku, name, String(price.amount), price.currency],
  )
}
