import type { Sql } from '#libs/database'

interface Listed {
  readonly sku: string
  /** As it was said, as JSON. */
  readonly product: string
}

/** What was last said of each product. Locked: two processes that start at once say what is new one after the other. */
export const lockListed = async (sql: Sql): Promise<ReadonlyMap<string, string>> => {
  await sql.execute('LOCK TABLE listed_products IN SHARE ROW EXCLUSIVE MODE')
  const rows = await sql.query<Listed>('SELECT sku, product::text AS product FROM listed_products')
  return new Map(rows.map(({ sku, product }) => [sku, product]))
}

export const saveListed = (sql: Sql, listed: readonly Listed[]): Promise<number> =>
  sql.execute(
    `INSERT INTO listed_products (sku, product)
     SELECT sku, product::json FROM unnest($1::text[], $2::text[]) AS p (sku, product)
     ON CONFLICT (sku) DO UPDATE SET product = EXCLUDED.product`,
    listed.map(({ sku }) => sku),
    listed.map(({ product }) => product),
  )

export const removeListed = (sql: Sql, skus: readonly string[]): Promise<number> =>
  sql.execute('DELETE FROM listed_products WHERE sku = ANY($1::text[])', skus)
