import { z } from 'zod'
import { currency, customerId, orderId, sku } from './values.ts'

/**
 * What happens in the shop before anybody orders: tens of thousands a second, so an event is one JSON object without
 * headers. The attributes that make other messages CloudEvents are in it (`id`, `type`, `time`, `session` as the
 * subject), by names that a browser may send as well; as headers they would be longer than the event.
 *
 * The value of a record is `{"v":1,…}` in the order of the fields below; its key is the session.
 */
const token = (max: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_-]{1,${max}}$`), `1 to ${max} of A-Z a-z 0-9 _ -`)

/** The version that is written. Readers know it and every one before it. */
export const SHOP_EVENT_VERSION = 1

/** When the earliest event can have been. Milliseconds since 1970. */
export const EARLIEST_SHOP_EVENT = Date.UTC(2000, 0, 1)
/** 2100: what is beyond is no instant, but nonsense. */
export const LATEST_SHOP_EVENT = Date.UTC(2100, 0, 1)

export const device = z.enum(['desktop', 'mobile', 'tablet', 'app'])
export type Device = z.infer<typeof device>

export const MAX_QUERY = 200
/** Neither control characters nor half a surrogate pair: no column and no file meets one. */
export const QUERY = /^[^\p{Cc}\p{Cs}]+$/u
export const MAX_LINES = 50

const common = {
  /** Of the event: the same event sent twice has the same. */
  id: token(64),
  /** When it happened, in milliseconds since 1970: what windows are made by. */
  time: z.int().min(EARLIEST_SHOP_EVENT).max(LATEST_SHOP_EVENT),
  session: token(64),
  /** Of visitors who are logged in. */
  customer: customerId.optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code such as DE'),
  device,
}

const checkoutLine = z.object({
  sku,
  quantity: z.int().min(1).max(1_000),
  /** Of one piece, in minor units of the event's currency. */
  price: z.int().nonnegative().max(100_000_000),
})
export type CheckoutLine = z.infer<typeof checkoutLine>

export const shopEvent = z.discriminatedUnion('type', [
  /** The page of a product was looked at. */
  z.object({ type: z.literal('view'), ...common, sku }),
  z.object({
    type: z.literal('search'),
    ...common,
    query: z.string().min(1).max(MAX_QUERY).regex(QUERY, 'no control characters'),
    /** How many products were found. */
    results: z.int().nonnegative().max(1_000_000),
  }),
  z.object({
    type: z.literal('basket'),
    ...common,
    sku,
    /** How many more pieces are in the basket now; negative: taken out. */
    change: z
      .int()
      .min(-1_000)
      .max(1_000)
      .refine((pieces) => pieces !== 0, 'nothing changed'),
  }),
  /** The basket was bought. `orderId`: of the order that it is, where the shop's own service has taken it. */
  z.object({
    type: z.literal('checkout'),
    ...common,
    currency,
    lines: z.array(checkoutLine).min(1).max(MAX_LINES),
    orderId: orderId.optional(),
  }),
])

export type ShopEvent = z.infer<typeof shopEvent>
export type ShopEventType = ShopEvent['type']
export type ShopEventOf<T extends ShopEventType> = Extract<ShopEvent, { type: T }>

/** What the basket of a checkout is worth, in minor units of its currency. */
export const basketValue = ({ lines }: ShopEventOf<'checkout'>): number => {
  let sum = 0
  for (const { quantity, price } of lines) sum += quantity * price
  return sum
}
