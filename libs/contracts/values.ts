import { z } from 'zod'

/** An ISO 4217 code. */
export const currency = z.string().regex(/^[A-Z]{3}$/)
/** An amount in minor units (cents) of a currency: integers only, so sums never drift. */
export const money = z.object({ amount: z.int().nonnegative(), currency })
export type Money = z.infer<typeof money>

/** Written in either case, it is one and the same order. */
export const orderId = z.uuid().toLowerCase()
export const customerId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 _ -')
export const sku = z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,63}$/, '1 to 64 characters of A-Z 0-9 -')
export const quantity = z.int().min(1).max(1_000)

/** How many of one product: what inventory and fulfillment need to know of an order line. */
export const stockLine = z.object({ sku, quantity })
export type StockLine = z.infer<typeof stockLine>

/** An order line with the price that held when the order was placed. */
export const orderLine = z.object({ sku, name: z.string(), quantity, unitPrice: money, lineTotal: money })
export type OrderLine = z.infer<typeof orderLine>

const text = (max: number) => z.string().trim().min(1).max(max)
const place = {
  line1: text(200),
  city: text(120),
  postalCode: text(20),
  country: z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code such as DE'),
}
/** As people write it: one line for the name. */
export const addressV1 = z.object({ name: text(120), ...place })
export type AddressV1 = z.infer<typeof addressV1>

/** As carriers, customs forms and salutations want it. Some people have one name: it is their given name. */
export const address = z.object({ givenName: text(120), familyName: text(120).optional(), ...place })
export type Address = z.infer<typeof address>

/** Sealed with the key of one customer, whom it names: docs/personal-data.md. */
export const sealedText = z.string().regex(/^personal\.v1\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{38,}$/, 'a sealed text')
/** An address that nobody can read but who opens it; the country is for statistics. */
export const sealedAddress = z.object({ sealed: sealedText, country: place.country })
/** As it travels and is kept. In clear it is what an earlier version wrote, or an operator. */
export const personalAddress = z.union([sealedAddress, address])
export type PersonalAddress = z.infer<typeof personalAddress>

/** The last word of a name is the family's: mostly true, and the best that one line can tell. */
export const withSplitName = ({ name, ...place }: AddressV1): Address => {
  const words = name.trim().split(/\s+/u)
  const familyName = words.length > 1 ? words.pop() : undefined
  return { givenName: words.join(' '), ...(familyName === undefined ? {} : { familyName }), ...place }
}

/** What is asked for may say the name either way; it is told apart. */
export const addressRequest = addressV1
  .partial({ name: true })
  .extend({ givenName: text(120).optional(), familyName: text(120).optional() })
  .transform(({ name, givenName, familyName, ...place }, context): Address => {
    if (givenName !== undefined) return { givenName, ...(familyName === undefined ? {} : { familyName }), ...place }
    if (name !== undefined) return withSplitName({ name, ...place })
    context.addIssue({ code: 'custom', path: ['name'], message: 'the name, or givenName and familyName, is required' })
    return z.NEVER
  })

/** What a quote promised for the delivery: what it costs, and the day on which it arrives. */
export const shipping = z.object({ quoteId: z.uuid(), cost: money, promisedOn: z.iso.date() })
export type Shipping = z.infer<typeof shipping>

/** Who triggers the participants of an order: the saga by commands, or the participants by reacting to facts. */
export const coordination = z.enum(['orchestrated', 'choreographed'])
export type Coordination = z.infer<typeof coordination>

export const orderStatus = z.enum(['placed', 'confirmed', 'shipped', 'completed', 'rejected', 'cancelled'])
export type OrderStatus = z.infer<typeof orderStatus>
export const terminalStatuses: ReadonlySet<OrderStatus> = new Set(['completed', 'rejected', 'cancelled'])

export const orderEndReason = z.enum([
  'payment_declined',
  'out_of_stock',
  'payment_timeout',
  'customer_request',
  'shipment_impossible',
  'capture_failed',
  'operator_decision',
])
export type OrderEndReason = z.infer<typeof orderEndReason>

/** Several returns of one order are told apart by it. */
export const returnId = z.uuid().toLowerCase()

/** How a return stands; from `completed` on it has ended. */
export const returnStatus = z.enum([
  'requested',
  'label_issued',
  'received',
  'inspected',
  /** Inspected, the accepted pieces back on the shelf, their price refunded. */
  'completed',
  /** Inspected, and not one piece accepted. */
  'refused',
  /** The carrier issued no label. */
  'impossible',
  /** The carrier lost the parcel: its price is refunded, and nothing comes back to the shelf. */
  'lost',
  /** Called off before the parcel was handed over; the customer keeps the goods. */
  'cancelled',
])
export type ReturnStatus = z.infer<typeof returnStatus>

/** How an external call ended when it did not end well: no answer in time, or an answer that was an error. */
export const failure = z.enum(['timeout', 'error'])
export type Failure = z.infer<typeof failure>
