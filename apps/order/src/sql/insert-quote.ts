import type { Sql } from '#libs/database'
import type { Quote } from '../domain/quote.ts'

export const insertQuote = (sql: Sql, quote: Quote): Promise<number> =>
  sql.execute(
    'INSERT INTO quotes (quote_id, quote, valid_until) VALUES ($1::uuid, $2::json, $3::timestamptz)',
    quote.quoteId,
    JSON.stringify(quote),
    quote.validUntil,
  )
