import type { Money, ReturnStatus, StockLine } from '#libs/contracts'
import { type Refusal, refuse, unreachable } from '#libs/decider'
import type { OrderDetails, PlacedOrder } from '../order.ts'

/** What the stream of an order remembers of its returns: here it is decided what may still be returned. */
export type ReturnEvent =
  | {
      readonly type: 'ReturnRequested'
      readonly data: OfReturn & { readonly items: readonly StockLine[]; readonly reason: string }
    }
  | { readonly type: 'ReturnLabelIssued'; readonly data: OfReturn & { readonly trackingNumber: string } }
  | { readonly type: 'ReturnReceived'; readonly data: OfReturn }
  | { readonly type: 'ReturnInspected'; readonly data: OfReturn & Inspection }
  | { readonly type: 'ReturnEnded'; readonly data: OfReturn & ReturnEnd }

interface OfReturn {
  readonly returnId: string
}
export interface Inspection {
  readonly accepted: readonly StockLine[]
  readonly refused: readonly StockLine[]
}
export type ReturnOutcome = Extract<ReturnStatus, 'completed' | 'refused' | 'impossible' | 'lost' | 'cancelled'>
export interface ReturnEnd {
  readonly outcome: ReturnOutcome
  /** What the customer has given away: came back in good order, or was lost by the carrier. */
  readonly items: readonly StockLine[]
  /** The price of that. */
  readonly refunded: Money
}

export interface OrderReturn extends Partial<Inspection> {
  readonly returnId: string
  readonly status: ReturnStatus
  readonly reason: string
  readonly items: readonly StockLine[]
  readonly trackingNumber?: string
  readonly end?: ReturnEnd
}
export type OrderReturns = Readonly<Record<string, OrderReturn>>

export const isReturnEvent = (event: { readonly type: string; readonly data: unknown }): event is ReturnEvent =>
  event.type.startsWith('Return')

export const evolveReturns = (returns: OrderReturns, event: ReturnEvent): OrderReturns => {
  const { returnId } = event.data
  return { ...returns, [returnId]: evolveReturn(returns[returnId], event) }
}

const evolveReturn = (known: OrderReturn | undefined, event: ReturnEvent): OrderReturn => {
  if (event.type === 'ReturnRequested') return { ...event.data, status: 'requested' }
  if (known === undefined) throw new Error(`${event.type} before ReturnRequested`)
  switch (event.type) {
    case 'ReturnLabelIssued':
      return { ...known, status: 'label_issued', trackingNumber: event.data.trackingNumber }
    case 'ReturnReceived':
      return { ...known, status: 'received' }
    case 'ReturnInspected':
      return { ...known, ...event.data, status: 'inspected' }
    case 'ReturnEnded': {
      const { outcome, items, refunded } = event.data
      return { ...known, status: outcome, end: { outcome, items, refunded } }
    }
    default:
      return unreachable(event)
  }
}

export interface ReturnWish {
  readonly type: 'requestReturn'
  readonly returnId: string
  /** Each product once. */
  readonly items: readonly StockLine[]
  readonly reason: string
  /** When it is asked for, and when the order was completed if it was; ISO 8601. */
  readonly at: string
  readonly deliveredAt?: string | undefined
  readonly windowDays: number
}

export type ReturnRefusal =
  /** There is nothing at the customer's that could come back. */
  | 'not_delivered'
  | 'return_window_over'
  /** More than was ordered, less what has been returned or is on its way; `lines` says of which. */
  | 'not_returnable'
  | 'too_many_returns'

/** A line that may not be returned, and how many pieces of it may. */
export interface RefusedLine extends StockLine {
  readonly returnable: number
}
export interface RefusedLines extends Refusal<'not_returnable'> {
  readonly lines: readonly RefusedLine[]
}

/** Every piece may come back once; what was refused, called off or never fetched may be tried again, so often. */
const MAX_RETURNS = 100
const DAY_MS = 86_400_000

export const requestReturn = (
  order: PlacedOrder,
  { returnId, items, reason, at, deliveredAt, windowDays }: ReturnWish,
): readonly ReturnEvent[] | Refusal<ReturnRefusal> | RefusedLines => {
  if (order.status !== 'completed' || deliveredAt === undefined)
    return refuse('not_delivered', `the order is ${order.status}`)
  if (Date.parse(at) > Date.parse(deliveredAt) + windowDays * DAY_MS)
    return refuse(
      'return_window_over',
      `it was delivered at ${deliveredAt}, and returns are taken for ${windowDays} days`,
    )
  const lines = items.flatMap(({ sku, quantity }) => {
    const left = returnable(order, sku)
    return quantity > left ? [{ sku, quantity, returnable: left }] : []
  })
  if (lines.length > 0) return { refused: 'not_returnable', detail: lines.map(inWords).join('; '), lines }
  if (Object.keys(order.returns ?? {}).length >= MAX_RETURNS)
    return refuse('too_many_returns', `an order has ${MAX_RETURNS} returns at most`)
  return [{ type: 'ReturnRequested', data: { returnId, items, reason } }]
}

const inWords = ({ sku, quantity, returnable }: RefusedLine): string =>
  `${quantity} of ${sku} cannot be returned, but ${returnable}`

/** What was ordered, less what is on its way back or gone for good. */
export const returnable = ({ details, returns = {} }: PlacedOrder, sku: string): number => {
  const ordered = piecesOf(details.items, sku)
  const taken = Object.values(returns).reduce((sum, { items, end }) => sum + piecesOf(end?.items ?? items, sku), 0)
  return ordered - taken
}

/** What came back for good, or is lost, of one product. */
export const returned = (returns: OrderReturns, sku: string): number =>
  Object.values(returns).reduce((sum, { end }) => sum + piecesOf(end?.items ?? [], sku), 0)

export const refundedFor = (returns: OrderReturns): number =>
  Object.values(returns).reduce((sum, { end }) => sum + (end?.refunded.amount ?? 0), 0)

const piecesOf = (lines: readonly StockLine[], wanted: string): number =>
  lines.reduce((sum, { sku, quantity }) => (sku === wanted ? sum + quantity : sum), 0)

/** What the customer paid for these pieces. */
export const priceOf = (
  { items, total }: Pick<OrderDetails, 'items' | 'total'>,
  lines: readonly StockLine[],
): Money => {
  const prices = new Map(items.map(({ sku, unitPrice }) => [sku, unitPrice.amount]))
  const amount = lines.reduce((sum, { sku, quantity }) => sum + prices.get(sku)! * quantity, 0)
  return { amount, currency: total.currency }
}

/** News of a return that the order knows and that has not ended. */
export const followReturn = (
  order: PlacedOrder,
  event: ReturnEvent,
): readonly ReturnEvent[] | Refusal<'out_of_turn'> => {
  const known = order.returns?.[event.data.returnId]
  if (known === undefined || known.end !== undefined)
    return refuse('out_of_turn', `${event.type} of a return that is ${known?.status ?? 'unknown'}`)
  return [event]
}
