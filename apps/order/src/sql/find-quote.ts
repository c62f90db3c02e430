import type { Sql } from '#libs/database'
import type { Quote } from '../domain/quote.ts'

/** A quote never changes. */
export const findQuote = async (sql: Sql, quoteId: string): Promise<Quote | undefined> => {
  const [row] = await sql.query<{ quote: Quote }>('SELECT quote FROM quotes WHERE quote_id = $1::uuid', quoteId)
  return row?.quote
}
