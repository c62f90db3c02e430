import type { AnyMessage, MessageType, Money, OrderEndReason, OrderLine, OrderStatus } from '#libs/contracts'

/**
 * One order as its readers want it. Topics are joined without any order between them being promised, so each topic
 * owns its own part and nobody else writes there: the status comes from `orders`, money from `payments`, the parcel
 * from `shipments`. Whatever the interleaving, the end is the same.
 */
export interface OrderView {
  readonly orderId: string
  readonly updatedAt: string
  readonly placed?: {
    readonly customerId: string
    readonly items: readonly OrderLine[]
    readonly total: Money
    readonly coordination: string
    readonly placedAt: string
  }
  readonly status: OrderStatus
  readonly reason?: OrderEndReason
  readonly cancellation?: 'requested' | 'refused'
  readonly payment: PaymentView
  readonly shipment?: ShipmentView
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

export const emptyOrderView = (orderId: string): OrderView => ({
  orderId,
  updatedAt: new Date(0).toISOString(),
  status: 'placed',
  payment: { status: 'pending', authorized: 0, captured: 0, refunded: 0 },
})

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

export const evolveOrderView = (view: OrderView, fact: OrderViewFact): OrderView => ({
  ...view,
  updatedAt: later(fact.time, view.updatedAt),
  ...change(view, fact),
})

/** Of two ISO 8601 instants in UTC. */
const later = (a: string, b: string): string => {
  if (a > b) return a
  return b
}

const change = (view: OrderView, fact: OrderViewFact): Partial<OrderView> => {
  switch (fact.type) {
    case 'order.placed': {
      const { customerId, items, total, coordination } = fact.data
      return { placed: { customerId, items, total, coordination, placedAt: fact.time } }
    }
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
      return { payment: { ...view.payment, status: 'authorized', authorized: fact.data.amount.amount } }
    case 'payment.declined':
      return fact.data.operation === 'authorize' ? { payment: { ...view.payment, status: 'declined' } } : {}
    case 'payment.captured':
      return { payment: { ...view.payment, status: 'captured', captured: fact.data.amount.amount } }
    case 'payment.voided':
      return { payment: { ...view.payment, status: 'voided' } }
    case 'payment.refunded':
      return { payment: { ...view.payment, status: 'refunded', refunded: fact.data.amount.amount } }
    case 'payment.failed':
      return fact.data.operation === 'authorize' ? { payment: { ...view.payment, status: 'failed' } } : {}
    case 'shipment.booked':
      return { shipment: { status: 'booked', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.dispatched':
      return { shipment: { status: 'dispatched', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.delivered':
      return { shipment: { status: 'delivered', trackingNumber: fact.data.trackingNumber } }
    case 'shipment.impossible':
      return { shipment: { ...view.shipment, status: 'impossible' } }
    case 'shipment.cancelled':
      return view.shipment === undefined ? {} : { shipment: { ...view.shipment, status: 'cancelled' } }
    case 'shipment.failed':
      return fact.data.operation === 'ship' ? { shipment: { ...view.shipment, status: 'failed' } } : {}
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

/** The answer of `GET /orders/{orderId}`, or nothing while order.placed has not been seen. */
export const orderAnswer = (view: OrderView): OrderAnswer | undefined => {
  if (view.placed === undefined) return undefined
  const { customerId, items, total, coordination, placedAt } = view.placed
  return {
    orderId: view.orderId,
    customerId,
    status: view.status,
    ...(view.reason === undefined ? {} : { reason: view.reason }),
    ...(view.cancellation === undefined ? {} : { cancellation: view.cancellation }),
    coordination,
    items,
    total,
    payment: {
      status: view.payment.status,
      authorized: { amount: view.payment.authorized, currency: total.currency },
      captured: { amount: view.payment.captured, currency: total.currency },
      refunded: { amount: view.payment.refunded, currency: total.currency },
    },
    ...(view.shipment === undefined ? {} : { shipment: view.shipment }),
    placedAt,
    updatedAt: view.updatedAt,
  }
}

export interface OrderAnswer extends Omit<OrderView, 'placed' | 'payment'> {
  readonly payment: {
    readonly status: PaymentView['status']
    readonly authorized: Money
    readonly captured: Money
    readonly refunded: Money
  }
  readonly customerId: string
  readonly coordination: string
  readonly items: readonly OrderLine[]
  readonly total: Money
  readonly placedAt: string
}
