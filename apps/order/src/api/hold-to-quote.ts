import type { Work } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Problem } from '#libs/http'
import type { StoredResponse } from '#libs/idempotency'
import { type CustomerKey, sealObject } from '#libs/personal-data'
import type { OrderDetails } from '../domain/order.ts'
import { holdTo, type Quote, type QuoteRefusal } from '../domain/quote.ts'
import { findQuote } from '../sql/find-quote.ts'

/** Places the order at what its quote promised, which is looked at when the order is placed and not when that is repeated. */
export const holdToQuote = (
  quoteId: string,
  details: OrderDetails,
  personal: CustomerKey,
  place: (held: OrderDetails) => Work<StoredResponse>,
): Work<StoredResponse | Refusal<QuoteRefusal>> => {
  const { announce } = place(details)
  return {
    ...(announce && { announce }),
    run: async (uow) => {
      const quote = await findQuote(uow, quoteId)
      const held = holdTo(quote && sealedQuote(quote, personal), details, uow.now)
      return 'refused' in held ? held : place(held).run(uow)
    },
  }
}

/** One of an earlier version has its address in clear. */
const sealedQuote = (quote: Quote, personal: CustomerKey): Quote =>
  'sealed' in quote.shippingAddress
    ? quote
    : { ...quote, shippingAddress: sealObject(personal, quote.shippingAddress, 'country') }

export const notHeld =
  (quoteId: string | undefined) =>
  ({ refused, detail }: Refusal<QuoteRefusal>): Problem => {
    switch (refused) {
      case 'unknown_quote':
        return problem(422, 'unknown-quote', `this customer has no quote ${quoteId}; ask for one, or leave it out`)
      case 'quote_expired':
        return problem(409, 'quote-expired', `the quote was valid until ${detail}; ask for another one`)
      case 'quoted_otherwise':
        return problem(422, 'quoted-otherwise', `the quote is for other ${detail}; ask for one for this order`, detail)
    }
  }

const problem = (status: number, type: string, detail: string, field = 'quoteId'): Problem =>
  new Problem(status, { type, detail, extensions: { errors: [{ pointer: `/${field}`, detail }] } })
