import type { Sql } from '#libs/database'

export interface StockEventRow {
  readonly version: number
  readonly type: string
  readonly data: unknown
}

/** The events of one product between two of its versions, in order: `after` < version ≤ `upTo`. */
export const readStockEvents = (
  sql: Sql,
  streamId: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<StockEventRow[]> =>
  sql.query(
    `SELECT version, type, data FROM events
      WHERE stream_id = $1::text AND version > $2::int AND version <= $3::int ORDER BY version`,
    streamId,
    after,
    upTo,
  )
