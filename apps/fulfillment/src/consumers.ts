import type { DataOf } from '#libs/contracts'
import { type Handler, type HandlersOf, ignoreOthers } from '#libs/messaging'
import { on, react } from '#libs/service'
import type { ShipmentInput } from './domain/decide.ts'
import type { ReadinessEvent } from './domain/readiness.ts'
import { announceJoin, join, shipWhenReady } from './join.ts'
import { returns } from './return-aggregate.ts'
import { shipments } from './shipment-aggregate.ts'

type Joined = 'order.placed' | 'payment.captured' | 'stock.reserved'
type Order = Pick<DataOf<'order.overdue'>, 'orderId' | 'customerId'>

/** One of the facts that must all have been heard before a choreographed order is shipped. */
const joins = <T extends Joined>(heardIn: (data: DataOf<T>) => ReadinessEvent): Handler<T> => {
  const handler = react<T, typeof shipments>(shipments, (data, context) => join(context, data, heardIn(data)))
  return {
    ...handler,
    announce: (message, uow, position) => {
      handler.announce?.(message, uow, position)
      announceJoin(uow, message.data.orderId)
    },
  }
}

const cancel = ({ orderId, customerId }: Order): ShipmentInput => ({ type: 'cancel', data: { orderId, customerId } })
const track = ({ orderId, customerId }: Order): ShipmentInput => ({ type: 'track', data: { orderId, customerId } })

const ofReturn = ({ returnId }: { returnId: string }): string => returnId

/**
 * Message type → decision. The decisions are the same in both styles, only who triggers them differs: the saga of an
 * orchestrated order commands, a choreographed order's own facts bring them about.
 */
export const consumers: HandlersOf<'fulfillment-commands' | 'orders' | 'payments' | 'inventory'> = {
  'shipment.ship': on(shipments, 'ship'),
  'order.placed': joins(({ shippingAddress: address }) => ({ type: 'AddressHeard', data: { address } })),
  'payment.captured': joins(() => ({ type: 'CaptureHeard', data: {} })),
  'stock.reserved': joins(({ lines }) => ({ type: 'ReservationHeard', data: { lines } })),

  'shipment.cancel': on(shipments, 'cancel'),
  'order.recalled': react(shipments, cancel),

  'shipment.track': on(shipments, 'track'),

  'order.overdue': react(shipments, (order, { uow }) => {
    if (order.awaiting === 'shipment.booked') return shipWhenReady(uow, order)
    if (order.awaiting === 'shipment.delivered') return track(order)
    return order.awaiting === 'shipment.cancelled' ? cancel(order) : undefined
  }),

  'return.issue-label': on(returns, 'issueLabel', ofReturn),
  'return.cancel': on(returns, 'cancel', ofReturn),
  'return.track': on(returns, 'track', ofReturn),
  'return.inspect': on(returns, 'inspect', ofReturn),

  ...ignoreOthers('orders', ['order.placed', 'order.recalled', 'order.overdue']),
  ...ignoreOthers('payments', ['payment.captured']),
  ...ignoreOthers('inventory', ['stock.reserved']),
}
