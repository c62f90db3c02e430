import type { Sql } from '#libs/database'

export interface ProductSales {
  readonly day: string
  readonly sku: string
  readonly currency: string
  readonly orders: number
  readonly quantity: number
  readonly amount: bigint
  /** Of these pieces, what came back since, and its worth. */
  readonly returnedQuantity: number
  readonly returnedAmount: bigint
}

export interface SalesFilter {
  /** Days, UTC, both inclusive. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly sku?: string | undefined
}

/** The latest day first, on each day what sold for most, less what came back; behind the first `skip`. */
export const readProductSales = (
  sql: Sql,
  { from, to, sku }: SalesFilter,
  skip: number,
  limit: number,
): Promise<ProductSales[]> =>
  sql.query(
    `SELECT day, sku, currency, orders, quantity, amount,
            returned_quantity AS "returnedQuantity", returned_amount AS "returnedAmount"
       FROM product_sales
      WHERE orders <> 0 AND ($1::text IS NULL OR day >= $1) AND ($2::text IS NULL OR day <= $2)
        AND ($3::text IS NULL OR sku = $3)
      ORDER BY day DESC, amount - returned_amount DESC, sku, currency OFFSET $4::int LIMIT $5::int`,
    from ?? null,
    to ?? null,
    sku ?? null,
    skip,
    limit,
  )
