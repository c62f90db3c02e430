import { z } from 'zod'
import { addressRequest, customerId } from '#libs/contracts'
import type { Work } from '#libs/database'
import type { StoredResponse } from '#libs/idempotency'
import { onRecord } from '#libs/service'
import type { PricedOrder } from '../domain/pricing.ts'
import { makeQuote, type QuoteRequest } from '../domain/quote.ts'
import type { QuoteReplies } from '../quoting.ts'
import { insertQuote } from '../sql/insert-quote.ts'
import { lines } from './order-lines.ts'

export const quoteRequest = z.object({ customerId, items: lines, shippingAddress: addressRequest })

/** Keeps what was replied as a promise; `replies` is undefined when the request was answered before. */
export const keepQuote = (
  request: QuoteRequest,
  priced: PricedOrder,
  replies: QuoteReplies | undefined,
  validMs: number,
): Work<StoredResponse> => ({
  run: async (uow) => {
    if (replies === undefined) throw new Error(`the answer that quote ${request.quoteId} would repeat has expired`)
    const quote = makeQuote(request, priced, replies, { now: uow.now, validMs })
    await insertQuote(uow, quote)
    const { quoteId, customerId } = request
    onRecord(uow, { actor: `customer:${customerId}`, action: 'quote.make', target: `quote/${quoteId}` })
    return { status: 201, headers: { location: `/api/quotes/${quoteId}` }, body: quote }
  },
})
