import type { DataOf, MessageTypeOn } from '#libs/contracts'
import type { OrderDetails, OrderEvent } from './order.ts'

export type OrderFactType = MessageTypeOn<'orders'>

/** The fact that tells the world about an event of the order's own stream. */
export const factTypeOf = {
  OrderPlaced: 'order.placed',
  OrderConfirmed: 'order.confirmed',
  OrderShipped: 'order.shipped',
  OrderCompleted: 'order.completed',
  OrderRejected: 'order.rejected',
  OrderCancellationRequested: 'order.cancellation-requested',
  OrderCancellationRefused: 'order.cancellation-refused',
  OrderCancelled: 'order.cancelled',
  ReturnRequested: 'order.return-requested',
  ReturnLabelIssued: 'order.return-label-issued',
  ReturnReceived: 'order.return-received',
  ReturnInspected: 'order.return-inspected',
  ReturnEnded: 'order.return-ended',
} as const satisfies Record<OrderEvent['type'], OrderFactType>

export type OrderFact = { [T in OrderFactType]: { readonly type: T; readonly data: DataOf<T> } }[OrderFactType]

export const published = ({ orderId, customerId, total }: OrderDetails, event: OrderEvent): OrderFact =>
  ({ type: factTypeOf[event.type], data: { orderId, customerId, total, ...event.data } }) as OrderFact
