import type { Sql } from '#libs/database'
import { type Dimension, type Measure, measures } from '../domain/measures.ts'
import { isServed } from './served-generation.ts'

export interface WindowsAsked {
  /** Size in milliseconds. */
  readonly step: number
  /** From the first window that begins at or after it, to before the last: milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

export interface CountedWindow {
  readonly start: Date
  readonly key: string
  readonly sums: Readonly<Record<Measure, number>>
}

const columns = measures.map((measure) => `${measure}::float8`).join(', ')

/** In order of their start and key. */
export const readCounts = async (
  sql: Sql,
  { step, from, to }: WindowsAsked,
  dimension: Dimension,
  limit: number,
): Promise<CountedWindow[]> => {
  const rows = await sql.query<{ start: Date; key: string } & Record<Measure, number>>(
    `SELECT start, key, ${columns} FROM window_counts
      WHERE ${isServed} AND step = $1::int AND start >= to_timestamp($2::float8 / 1000) AND start < to_timestamp($3::float8 / 1000)
        AND dimension = $4 ORDER BY start, key LIMIT $5::int`,
    ...[step, from, to, dimension, limit],
  )
  return rows.map(({ start, key, ...sums }) => ({ start, key, sums }))
}

export interface SketchedWindow {
  readonly start: Date
  readonly visitors: readonly number[]
  readonly baskets: readonly (readonly [bin: number, times: number])[]
  readonly top: readonly { readonly key: string; readonly count: number; readonly error: number }[]
}

export const readSketches = (sql: Sql, { step, from, to }: WindowsAsked, limit: number): Promise<SketchedWindow[]> =>
  sql.query(
    `SELECT start, visitors, baskets, top FROM window_sketches
      WHERE ${isServed} AND step = $1::int AND start >= to_timestamp($2::float8 / 1000) AND start < to_timestamp($3::float8 / 1000)
      ORDER BY start LIMIT $4::int`,
    ...[step, from, to, limit],
  )

/** What products are called, by their SKU. */
export const readProducts = async (sql: Sql, skus: readonly string[]): Promise<Map<string, { name: string }>> => {
  const rows = await sql.query<{ sku: string; name: string }>(
    `SELECT sku, name FROM products WHERE sku = ANY (ARRAY(SELECT json_array_elements_text($1::json)))`,
    JSON.stringify(skus),
  )
  return new Map(rows.map(({ sku, name }) => [sku, { name }]))
}
