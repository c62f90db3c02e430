import {
  type CheckoutLine,
  EARLIEST_SHOP_EVENT,
  LATEST_SHOP_EVENT,
  MAX_LINES,
  MAX_QUERY,
  QUERY,
  SHOP_EVENT_VERSION,
  type ShopEvent,
} from './shop-events.ts'

/** A record of `shop-events` that is no event; `type` tells it from those that are. */
export interface UnreadableEvent {
  readonly type: 'unreadable'
  readonly reason: 'no_value' | 'invalid_json' | 'unknown_version' | 'invalid_event'
}

/** The value of the record of an event: byte for byte the same for the same event. Its key is the session. */
export const writeShopEvent = (event: ShopEvent): string => {
  const { type, id, time, session, customer, country, device } = event
  const common = { v: SHOP_EVENT_VERSION, type, id, time, session, customer, country, device }
  switch (event.type) {
    case 'view':
      return JSON.stringify({ ...common, sku: event.sku })
    case 'search':
      return JSON.stringify({ ...common, query: event.query, results: event.results })
    case 'basket':
      return JSON.stringify({ ...common, sku: event.sku, change: event.change })
    case 'checkout':
      return JSON.stringify({ ...common, currency: event.currency, lines: event.lines, orderId: event.orderId })
  }
}

/**
 * Reads what `writeShopEvent` of any version wrote. Total: whatever the bytes, the answer is an event or why it is none.
 * By hand, because a schema takes several times as long as parsing the JSON does; a test holds it against the schema.
 */
export const readShopEvent = (value: Uint8Array | string | null): ShopEvent | UnreadableEvent => {
  if (value === null) return unreadable.no_value
  let given: unknown
  try {
    given = JSON.parse(typeof value === 'string' ? value : text(value))
  } catch {
    return unreadable.invalid_json
  }
  if (typeof given !== 'object' || given === null) return unreadable.invalid_event
  if ((given as { v?: unknown }).v !== SHOP_EVENT_VERSION) return unreadable.unknown_version
  return isEvent(given as Loose) ? (given as unknown as ShopEvent) : unreadable.invalid_event
}

const unreadable = {
  no_value: { type: 'unreadable', reason: 'no_value' },
  invalid_json: { type: 'unreadable', reason: 'invalid_json' },
  unknown_version: { type: 'unreadable', reason: 'unknown_version' },
  invalid_event: { type: 'unreadable', reason: 'invalid_event' },
} as const satisfies Record<UnreadableEvent['reason'], UnreadableEvent>

const text = (bytes: Uint8Array): string =>
  Buffer.isBuffer(bytes)
    ? bytes.toString('utf8')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')

type Loose = Record<string, unknown>

const isEvent = (event: Loose): boolean =>
  isToken(event.id) &&
  isInteger(event.time, EARLIEST_SHOP_EVENT, LATEST_SHOP_EVENT) &&
  isToken(event.session) &&
  (event.customer === undefined || isToken(event.customer)) &&
  typeof event.country === 'string' &&
  COUNTRY.test(event.country) &&
  DEVICES.has(event.device) &&
  hasDetails(event)

const hasDetails = (event: Loose): boolean => {
  switch (event.type) {
    case 'view':
      return isSku(event.sku)
    case 'search':
      return isText(event.query) && isInteger(event.results, 0, 1_000_000)
    case 'basket':
      return isSku(event.sku) && isInteger(event.change, -1_000, 1_000) && event.change !== 0
    case 'checkout':
      return (
        typeof event.currency === 'string' &&
        CURRENCY.test(event.currency) &&
        areLines(event.lines) &&
        (event.orderId === undefined || (typeof event.orderId === 'string' && UUID.test(event.orderId)))
      )
    default:
      return false
  }
}

const areLines = (lines: unknown): lines is CheckoutLine[] => {
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > MAX_LINES) return false
  for (const line of lines as (Loose | null)[])
    if (
      typeof line !== 'object' ||
      line === null ||
      !isSku(line.sku) ||
      !isInteger(line.quantity, 1, 1_000) ||
      !isInteger(line.price, 0, 100_000_000)
    )
      return false
  return true
}

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/
const SKU = /^[A-Z0-9][A-Z0-9-]{0,63}$/
const COUNTRY = /^[A-Z]{2}$/
const CURRENCY = /^[A-Z]{3}$/
/** As they are written: in small letters. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const DEVICES: ReadonlySet<unknown> = new Set(['desktop', 'mobile', 'tablet', 'app'])

const isToken = (value: unknown): boolean => typeof value === 'string' && TOKEN.test(value)
const isSku = (value: unknown): boolean => typeof value === 'string' && SKU.test(value)
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_QUERY && QUERY.test(value)
const isInteger = (value: unknown, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
