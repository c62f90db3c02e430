import type {
  AnyMessage,
  Message,
  MessageType,
  Money,
  OrderEndReason,
  OrderLine,
  OrderStatus,
  Shipping,
} from '#libs/contracts'
import { evolveReturns, type ReturnViews } from './return-view.ts'

/** What order.placed said; it stays as it is. */
export interface PlacedOrder {
  readonly customerId: string
  readonly items: readonly OrderLine[]
  readonly total: Money
  readonly shipping?: Shipping
  readonly coordination: string
  readonly placedAt: string
}

/**
 * What became of one order since. No order is promised between topics, nor, when partitions were added and the key moved,
 * between two facts of one topic. So each topic owns a part of its own, and within a part the fact that is further along
 * the way wins, whenever it comes: any interleaving ends the same.
 */
export interface OrderProgress {
  readonly status: OrderStatus
  readonly reason?: OrderEndReason
  readonly cancellation?: 'requested' | 'refused'
  readonly payment: PaymentView
  readonly shipment?: ShipmentView
  /** By their ids. */
  readonly returns?: ReturnViews
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
  'order.recalled',
  'order.withdrawn',
  'order.overdue',
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
  'order.return-requested',
  'order.return-label-issued',
  'order.return-received',
  'order.return-inspected',
  'order.return-ended',
  'return.label-issued',
  'return.impossible',
  'return.received',
  'return.lost',
  'return.inspected',
  'return.cancelled',
  'return.cancellation-refused',
  'return.failed',
  'stock.returned',
  'payment.return-refunded',
  'payment.return-refund-failed',
  'notification.sent',
  'notification.failed',
] as const satisfies MessageType[]
export type OrderViewFact = Extract<AnyMessage, { type: (typeof orderViewFacts)[number] }>

export const placedOrder = ({ data, time }: Message<'order.placed'>): PlacedOrder => {
  const { customerId, items, total, shipping, coordination } = data
  return { customerId, items, total, ...(shipping && { shipping }), coordination, placedAt: time }
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
      return ordered(progress, 'confirmed')
    case 'order.shipped':
      return ordered(progress, 'shipped')
    case 'order.completed':
      return ordered(progress, 'completed')
    case 'order.rejected':
      return { ...ordered(progress, 'rejected'), reason: fact.data.reason }
    case 'order.cancelled':
      return { ...ordered(progress, 'cancelled'), reason: fact.data.reason }
    case 'order.cancellation-requested':
      return { cancellation: progress.cancellation ?? 'requested' }
    case 'order.cancellation-refused':
      return { cancellation: 'refused' }
    case 'payment.authorized':
      return paid(progress, { status: 'authorized', authorized: fact.data.amount.amount })
    case 'payment.declined':
      return fact.data.operation === 'authorize' ? paid(progress, { status: 'declined' }) : {}
    case 'payment.captured':
      return paid(progress, { status: 'captured', captured: fact.data.amount.amount })
    case 'payment.voided':
      return paid(progress, { status: 'voided' })
    case 'payment.refunded':
      return paid(progress, { status: 'refunded', refunded: fact.data.amount.amount })
    case 'payment.failed':
      return fact.data.operation === 'authorize' ? paid(progress, { status: 'failed' }) : {}
    case 'shipment.booked':
      return shipped(progress, { status: 'booked', trackingNumber: fact.data.trackingNumber })
    case 'shipment.dispatched':
      return shipped(progress, { status: 'dispatched', trackingNumber: fact.data.trackingNumber })
    case 'shipment.delivered':
      return shipped(progress, { status: 'delivered', trackingNumber: fact.data.trackingNumber })
    case 'shipment.impossible':
      return shipped(progress, { status: 'impossible' })
    case 'shipment.cancelled':
      return shipped(progress, { status: 'cancelled' })
    case 'shipment.failed':
      return fact.data.operation === 'ship' ? shipped(progress, { status: 'failed' }) : {}
    case 'order.return-requested':
    case 'order.return-label-issued':
    case 'order.return-received':
    case 'order.return-inspected':
    case 'order.return-ended':
    case 'payment.return-refunded':
      return { returns: evolveReturns(progress.returns ?? {}, fact) }
    case 'return.label-issued':
    case 'return.impossible':
    case 'return.received':
    case 'return.lost':
    case 'return.inspected':
    case 'return.cancelled':
    case 'return.cancellation-refused':
    case 'return.failed':
    case 'stock.returned':
    case 'payment.return-refund-failed':
    case 'order.placed':
    case 'order.recalled':
    case 'order.withdrawn':
    case 'order.overdue':
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

/** How far along the way each status is; two of the same rank never meet in one order. */
const orderRank: Record<OrderStatus, number> = {
  placed: 0,
  confirmed: 1,
  shipped: 2,
  completed: 3,
  rejected: 3,
  cancelled: 3,
}
/** A call that failed is repeated, so anything definite is further. */
const paymentRank: Record<PaymentView['status'], number> = {
  pending: 0,
  failed: 1,
  authorized: 2,
  declined: 2,
  captured: 3,
  voided: 4,
  refunded: 4,
}
const shipmentRank: Record<ShipmentView['status'], number> = {
  failed: 0,
  booked: 1,
  impossible: 1,
  cancelled: 2,
  dispatched: 2,
  delivered: 3,
}

const further = <S extends string>(rank: Record<S, number>, a: S, b: S): S => (rank[b] > rank[a] ? b : a)

const ordered = (progress: OrderProgress, status: OrderStatus): Pick<OrderProgress, 'status'> => ({
  status: further(orderRank, progress.status, status),
})

const paid = (
  { payment }: OrderProgress,
  news: Partial<PaymentView> & Pick<PaymentView, 'status'>,
): Pick<OrderProgress, 'payment'> => ({
  payment: { ...payment, ...news, status: further(paymentRank, payment.status, news.status) },
})

const shipped = ({ shipment }: OrderProgress, news: ShipmentView): { shipment: ShipmentView } => ({
  shipment: { ...shipment, ...news, status: further(shipmentRank, shipment?.status ?? news.status, news.status) },
})

/** A timeline grows by appending only, whatever it holds: one JSON text per line, the message's id at its end. */
export const timelineLine = ({ time, type, id }: OrderViewFact): string =>
  `${JSON.stringify({ at: time, type, messageId: id })}\n`

/** Whether the message has its line already. */
export const timelineHolds = (lines: string, messageId: string): boolean =>
  lines.includes(`"messageId":${JSON.stringify(messageId)}}\n`)
