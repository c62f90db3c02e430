import type { OrderEndReason } from '#libs/contracts'
import { type Decider, type Refusal, refuse, unreachable } from '#libs/decider'
import { evolve, type Order, type OrderDetails, type OrderEvent, type PlacedOrder } from './order.ts'
import {
  followReturn,
  type ReturnEvent,
  type ReturnRefusal,
  type ReturnWish,
  requestReturn,
} from './returns/order-returns.ts'
import { orderVersions } from './versions.ts'

export type OrderCommand =
  | { readonly type: 'place'; readonly details: OrderDetails }
  | { readonly type: 'confirm' }
  | { readonly type: 'ship'; readonly trackingNumber: string }
  | { readonly type: 'complete' }
  | { readonly type: 'reject'; readonly reason: OrderEndReason }
  | { readonly type: 'requestCancellation' }
  | { readonly type: 'refuseCancellation' }
  | { readonly type: 'cancel'; readonly reason: OrderEndReason }
  | ReturnWish
  /** News from the saga of one of its returns. */
  | { readonly type: 'followReturn'; readonly news: ReturnEvent }

export type OrderRefusal =
  | 'already_placed'
  | 'not_found'
  /** The parcel is on its way or arrived: too late to cancel. */
  | 'already_dispatched'
  /** The order was rejected or cancelled for another reason than the customer's wish. */
  | 'already_ended'
  /** The command does not fit the order's state; among our own sagas that is a defect. */
  | 'out_of_turn'
  | ReturnRefusal

type Decision = readonly OrderEvent[] | Refusal<OrderRefusal>

const decide = (order: Order, command: OrderCommand): Decision => {
  if (command.type === 'place')
    return order.status === 'none' ? [{ type: 'OrderPlaced', data: command.details }] : refuse('already_placed')
  if (order.status === 'none') return refuse('not_found')
  switch (command.type) {
    case 'confirm':
      return when(order, ['placed'], { type: 'OrderConfirmed', data: {} })
    case 'ship':
      return when(order, ['confirmed'], { type: 'OrderShipped', data: { trackingNumber: command.trackingNumber } })
    case 'complete':
      return when(order, ['shipped'], { type: 'OrderCompleted', data: {} })
    case 'reject':
      return when(order, ['placed'], { type: 'OrderRejected', data: { reason: command.reason } })
    case 'cancel':
      return when(order, ['placed', 'confirmed'], { type: 'OrderCancelled', data: { reason: command.reason } })
    case 'requestCancellation':
      return requestCancellation(order)
    case 'refuseCancellation':
      return order.cancellation === 'requested' ? [{ type: 'OrderCancellationRefused', data: {} }] : []
    case 'requestReturn':
      return requestReturn(order, command)
    case 'followReturn':
      return followReturn(order, command.news)
    default:
      return unreachable(command)
  }
}

const when = (order: PlacedOrder, statuses: readonly PlacedOrder['status'][], event: OrderEvent): Decision =>
  statuses.includes(order.status) ? [event] : refuse('out_of_turn', `${event.type} while ${order.status}`)

/** Asking again changes nothing, also after the order was cancelled because of it. */
const requestCancellation = (order: PlacedOrder): Decision => {
  if (order.cancellation === 'refused' || order.status === 'shipped' || order.status === 'completed')
    return refuse('already_dispatched')
  if (order.cancellation === 'requested') return []
  if (order.status === 'rejected' || order.status === 'cancelled') return refuse('already_ended')
  return [{ type: 'OrderCancellationRequested', data: {} }]
}

export const orderDecider: Decider<Order, OrderCommand, OrderEvent, OrderRefusal> = {
  initial: { status: 'none' },
  decide,
  evolve,
  upcast: orderVersions,
}
