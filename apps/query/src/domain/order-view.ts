import type { AnyMessage, Message, MessageType, Money, OrderEndReason, OrderLine, OrderStatus } from '#libs/contracts'

/** What order.placed said; it stays as it is. */
export interface PlacedOrder {
  readonly customerId: string
  readonly items: readonly OrderLine[]
  readonly total: Money
  readonly coordination: string
  readonly placedAt: string
}

/**
 * What became of one order since. Topics are joined without any order between them being promised, so each topic owns
 * its own part and nobody else writes there: the status comes from `orders`, money from `payments`, the parcel from
 * `shipments`. Whatever the interleaving, the end is the same.
 */
export interface OrderProgress {
  readonly status: OrderStatus
  readonly reason?: OrderEndReason
  readonly cancellation?: 'requested' | 'refused'
  readonly payment: PaymentView
  readonly shipment?: ShipmentView
  readonly updatedAt: string
}

export interface PaymentView {
  readonly status: 'pending' | 'authorized' | 'declined' | 'captured' | 'voided' | 'refunded' | 'failed'
  /** Minor units of the order's currency. */
  readonly authorized: number
  readonly captured: number
  readonly refunded: number
}

export interface ShipmentView {
  readonly status: 'booked' | 'dispatched' | 'delivered' | 'impossible' | 'cancelled' | 'failed'
  readonly trackingNumber?: string
}

export const nothingHappened: OrderProgress = {
  status: 'placed',
  payment: { status: 'pending', authorized: 0, captured: 0, refunded: 0 },
  updatedAt: new Date(0).toISOString(),
}

/** The facts that a view is made of. */
export const orderViewFacts = [
  'order.placed',
  'order.confirmed',
  'order.shipped',
  'order.completed',
  'order.rejected',
  'order.cancellation-requested',
  'order.cancellation-refused',
  'order.cancelled',
  'payment.authorized',
  'payment.declined',
  'payment.captured',
  'payment.voided',
  'payment.refunded',
  'payment.failed',
  'stock.reserved',
  'stock.rejected',
  'stock.released',
  'stock.dispatched',
  'shipment.booked',
  'shipment.dispatched',
  'shipment.delivered',
  'shipment.impossible',
  'shipment.cancelled',
  'shipment.cancellation-refused',
  'shipment.failed',
  'notification.sent',
  'notification.failed',
] as const satisfies MessageType[]
export type OrderViewFact = Extract<AnyMessage, { type: (typeof orderViewFacts)[number] }>

export const placedOrder = ({ data, time }: Message<'order.placed'>): PlacedOrder => {
  const { customerId, items, total, coordination } = data
  return { customerId, items, total, coordination, placedAt: time }
}

export const evolveProgress = (progress: OrderProgress, fact: OrderViewFact): OrderProgress => ({
  ...progress,
  updatedAt: later(fact.time, progress.updatedAt),
  ...change(progress, fact),
})

/** Of two ISO 8601 instants in UTC. */
const later = (a: string, b: string): string => {
  if (a > b) return a
  return b
}

const change = (progress: OrderProgress, fact: OrderViewFact): Partial<OrderProgress> => {
  switch (fact.type) {
    case 'order.confirmed':
      return { status: 'confirmed' }
    case 'order.shipped':
      return { status: 'shipped' }
    case 'order.completed':
      return { status: 'completed' }
    case 'order.rejected':
      return { status: 'rejected', reason: fact.data.reason }
    case 'order.cancelled':
      return { status: 'cancelled', reason: fact.data.reason }
    case 'order.cancellation-requested':
      return { cancellation: 'requested' }
    case 'order.cancellation-refused':
      return { cancellation: 'refused' }
    case 'payment.authorized':
      return { payment: { ...progress.payment, status: 'authorized', authorized: fact.data.amount.amount } }
    case 'payment.declined':
      return fact.data.operation === 'authorize' ? { payment: { ...progress.payment, status: 'declined' } } : {}
    case 'payment.captured':
      return { payment: { ...progress.payment, status: 'captured', captured: fact.data.amount.amount } }
    case 'payment.voided':
      return { payment: { ...progress.payment, status: 'voided' } }
    case 'payment.refunded':
      return { payment: { ...progress.payment, status: 'refunded', refunded: fact.data.amount.amount } }
    case 'payment.failed':
      return fact.data.operation === 'authorize' ? { payment: { ...progress.payment, status: 'failed' } } : {}
    case 'shipment.booked':
      return { shipment: { status: 'booked', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.dispatched':
      return { shipment: { status: 'dispatched', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.delivered':
      return { shipment: { status: 'delivered', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.impossible':
      return { shipment: { ...progress.shipment, status: 'impossible' } }
    case 'shipment.cancelled':
      return progress.shipment === undefined ? {} : { shipment: { ...progress.shipment, status: 'cancelled' } }
    case 'shipment.failed':
      return fact.data.operation === 'ship' ? { shipment: { ...progress.shipment, status: 'failed' } } : {}
    case 'order.placed':
    case 'shipment.cancellation-refused':
    case 'stock.reserved':
    case 'stock.rejected':
    case 'stock.released':
    case 'stock.dispatched':
    case 'notification.sent':
    case 'notification.failed':
      return {}
  }
}

/** The answer of `GET /orders/{orderId}`, without its timeline. */
export const orderAnswer = (orderId: string, placed: PlacedOrder, progress: OrderProgress): OrderAnswer => {
  const { customerId, items, total, coordination, placedAt } = placed
  const { status, reason, cancellation, payment, shipment, updatedAt } = progress
  const money = (amount: number): Money => ({ amount, currency: total.currency })
  return {
    orderId,
    customerId,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(cancellation === undefined ? {} : { cancellation }),
    coordination,
    items,
    total,
    payment: {
      status: payment.status,
      authorized: money(payment.authorized),
      captured: money(payment.captured),
      refunded: money(payment.refunded),
    },
    ...(shipment === undefined ? {} : { shipment }),
    placedAt,
    updatedAt,
  }
}

export interface OrderAnswer extends PlacedOrder, Omit<OrderProgress, 'payment'> {
  readonly orderId: string
  readonly payment: {
    readonly status: PaymentView['status']
    readonly authorized: Money
    readonly captured: Money
    readonly refunded: Money
  }
}
