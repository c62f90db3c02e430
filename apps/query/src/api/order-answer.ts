import type { Money } from '#libs/contracts'
import type { OrderProgress, PaymentView, PlacedOrder } from '../projections/orders/fold.ts'
import { refundedFor, returnsAnswer, withReturned } from '../projections/orders/return-view.ts'

/** The answer of `GET /orders/{orderId}`, without its timeline. */
export const orderAnswer = (orderId: string, placed: PlacedOrder, progress: OrderProgress): OrderAnswer => {
  const { customerId, items, total, shipping, coordination, placedAt } = placed
  const { status, reason, cancellation, payment, shipment, returns, updatedAt } = progress
  const money = (amount: number): Money => ({ amount, currency: total.currency })
  return {
    orderId,
    customerId,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(cancellation === undefined ? {} : { cancellation }),
    coordination,
    items: returns === undefined ? items : withReturned(items, returns),
    ...(returns === undefined ? {} : { returns: returnsAnswer(returns, money) }),
    total,
    ...(shipping === undefined ? {} : { shipping }),
    payment: {
      status: payment.status,
      authorized: money(payment.authorized),
      captured: money(payment.captured),
      refunded: money(payment.refunded + refundedFor(returns ?? {})),
    },
    ...(shipment === undefined ? {} : { shipment }),
    placedAt,
    updatedAt,
  }
}

export interface OrderAnswer extends PlacedOrder, Omit<OrderProgress, 'payment' | 'returns'> {
  readonly orderId: string
  readonly returns?: ReturnType<typeof returnsAnswer>
  readonly payment: {
    readonly status: PaymentView['status']
    readonly authorized: Money
    readonly captured: Money
    readonly refunded: Money
  }
}

export interface TimelineEntry {
  /** When it happened, ISO 8601 in UTC. */
  readonly at: string
  readonly type: string
  readonly messageId: string
}

/** In the order in which things happened; topics are projected in another one. */
export const timelineOf = (lines: string): TimelineEntry[] => {
  const entries = lines.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as TimelineEntry)))
  return entries.sort((a, b) => compare(a.at, b.at) || compare(a.messageId, b.messageId))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
