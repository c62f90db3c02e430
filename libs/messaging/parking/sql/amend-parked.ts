import type { Sql } from '#libs/database'

export interface Amendment {
  /** JSON object. */
  readonly headers: string
  readonly value: Uint8Array | null
  /** JSON of what it was at first. */
  readonly original: string
}

/** Puts a corrected copy in the place of a parked message; what it was at first is kept. */
export const amendParked = (sql: Sql, id: bigint, { headers, value, original }: Amendment): Promise<number> =>
  sql.execute(
    `UPDATE parked_messages SET headers = $2, value = decode($3, 'base64'), original = $4, type = $5 WHERE id = $1::bigint`,
    id,
    headers,
    value === null ? null : Buffer.from(value).toString('base64'),
    original,
    (JSON.parse(headers) as Record<string, string>).ce_type ?? null,
  )
