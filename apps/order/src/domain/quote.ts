import type { Address, DataOf, Money, OrderLine, PersonalAddress, Shipping, StockLine } from '#libs/contracts'
import { type Refusal, refuse } from '#libs/decider'
import type { OrderDetails } from './order.ts'
import type { PricedOrder } from './pricing.ts'

/** An order line, and how many pieces could be had when it was quoted; they are not kept for anybody. */
export type QuotedLine = OrderLine & { readonly available: number }

/** What a customer was promised: the prices and the delivery, until it is no longer valid. Instants in ISO 8601. */
export interface Quote {
  readonly quoteId: string
  readonly customerId: string
  readonly items: readonly QuotedLine[]
  readonly shippingAddress: PersonalAddress
  readonly shipping: Omit<Shipping, 'quoteId'>
  /** The lines and the delivery. */
  readonly total: Money
  readonly quotedAt: string
  readonly validUntil: string
}

/** Who wants what to be brought where. */
export interface QuoteRequest {
  readonly quoteId: string
  readonly customerId: string
  readonly shippingAddress: PersonalAddress
}

export const makeQuote = (
  { quoteId, customerId, shippingAddress }: QuoteRequest,
  { items, total }: PricedOrder,
  replied: { readonly stock: DataOf<'stock.checked'>; readonly shipping: DataOf<'shipment.quoted'> },
  { now, validMs }: { readonly now: Date; readonly validMs: number },
): Quote => {
  const left = new Map(replied.stock.lines.map(({ sku, available }) => [sku, available]))
  const { cost, promisedOn } = replied.shipping
  return {
    quoteId,
    customerId,
    items: items.map((item) => ({ ...item, available: left.get(item.sku) ?? 0 })),
    shippingAddress,
    shipping: { cost, promisedOn },
    total: { amount: total.amount + cost.amount, currency: total.currency },
    quotedAt: now.toISOString(),
    validUntil: new Date(now.getTime() + validMs).toISOString(),
  }
}

export type QuoteRefusal = 'unknown_quote' | 'quote_expired' | 'quoted_otherwise'

/**
 * The order at what its quote promised, instead of at what holds today. A quote of somebody else is as unknown as none;
 * it holds for the same pieces, in any order, brought to the same address.
 */
export const holdTo = (
  quote: Quote | undefined,
  details: OrderDetails,
  now: Date,
): OrderDetails | Refusal<QuoteRefusal> => {
  if (quote === undefined || quote.customerId !== details.customerId) return refuse('unknown_quote')
  if (quote.validUntil <= now.toISOString()) return refuse('quote_expired', quote.validUntil)
  if (!areSame(quote.items, details.items)) return refuse('quoted_otherwise', 'items')
  if (!isSame(quote.shippingAddress, details.shippingAddress)) return refuse('quoted_otherwise', 'shippingAddress')
  const { quoteId, items, shipping, total } = quote
  return {
    ...details,
    items: items.map(({ available: _, ...item }) => item),
    total,
    shipping: { quoteId, ...shipping },
  }
}

/** Each product is one line. */
const areSame = (quoted: readonly StockLine[], wanted: readonly StockLine[]): boolean => {
  const quantities = new Map(wanted.map(({ sku, quantity }) => [sku, quantity]))
  return quoted.length === wanted.length && quoted.every(({ sku, quantity }) => quantities.get(sku) === quantity)
}

/** The same address of one customer is sealed the same. */
const isSame = (a: PersonalAddress, b: PersonalAddress): boolean => {
  if ('sealed' in a || 'sealed' in b)
    return 'sealed' in a && 'sealed' in b && a.sealed === b.sealed && a.country === b.country
  return isSameInClear(a, b)
}

const isSameInClear = (a: Address, b: Address): boolean =>
  a.givenName === b.givenName &&
  a.familyName === b.familyName &&
  a.line1 === b.line1 &&
  a.city === b.city &&
  a.postalCode === b.postalCode &&
  a.country === b.country
