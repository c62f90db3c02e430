import type {
  Coordination,
  Money,
  OrderEndReason,
  OrderLine,
  OrderStatus,
  PersonalAddress,
  Shipping,
} from '#libs/contracts'
import { unreachable } from '#libs/decider'
import { evolveReturns, isReturnEvent, type OrderReturns, type ReturnEvent } from './returns/order-returns.ts'

/** What happened to an order, as its stream remembers it. */
export type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly data: OrderDetails }
  | { readonly type: 'OrderConfirmed'; readonly data: Nothing }
  | { readonly type: 'OrderShipped'; readonly data: { readonly trackingNumber: string } }
  | { readonly type: 'OrderCompleted'; readonly data: Nothing }
  | { readonly type: 'OrderRejected'; readonly data: { readonly reason: OrderEndReason } }
  | { readonly type: 'OrderCancellationRequested'; readonly data: Nothing }
  | { readonly type: 'OrderCancellationRefused'; readonly data: Nothing }
  | { readonly type: 'OrderCancelled'; readonly data: { readonly reason: OrderEndReason } }
  | ReturnEvent

type Nothing = Readonly<Record<string, never>>

export interface OrderDetails {
  readonly orderId: string
  readonly customerId: string
  readonly items: readonly OrderLine[]
  readonly total: Money
  /** Sealed for the payment service; events of an orchestrated order, which it does not read, hold a mask in its place. */
  readonly payment: { readonly token: string }
  readonly shippingAddress: PersonalAddress
  readonly coordination: Coordination
  /** Of an order that is held to a quote; its cost is part of the total. */
  readonly shipping?: Shipping
}

export type Order = { readonly status: 'none' } | PlacedOrder

export interface PlacedOrder {
  readonly status: OrderStatus
  readonly details: OrderDetails
  /** Whether the customer asked to cancel, and whether it was too late. */
  readonly cancellation: 'none' | 'requested' | 'refused'
  readonly reason?: OrderEndReason
  readonly trackingNumber?: string
  /** By their ids, in the order in which they were asked for. */
  readonly returns?: OrderReturns
}

export const evolve = (order: Order, event: OrderEvent): Order => {
  if (event.type === 'OrderPlaced') return { status: 'placed', details: event.data, cancellation: 'none' }
  if (order.status === 'none') throw new Error(`${event.type} before OrderPlaced`)
  if (isReturnEvent(event)) return { ...order, returns: evolveReturns(order.returns ?? {}, event) }
  switch (event.type) {
    case 'OrderConfirmed':
      return { ...order, status: 'confirmed' }
    case 'OrderShipped':
      return { ...order, status: 'shipped', trackingNumber: event.data.trackingNumber }
    case 'OrderCompleted':
      return { ...order, status: 'completed' }
    case 'OrderRejected':
      return { ...order, status: 'rejected', reason: event.data.reason }
    case 'OrderCancellationRequested':
      return { ...order, cancellation: 'requested' }
    case 'OrderCancellationRefused':
      return { ...order, cancellation: 'refused' }
    case 'OrderCancelled':
      return { ...order, status: 'cancelled', reason: event.data.reason }
    default:
      return unreachable(event)
  }
}
