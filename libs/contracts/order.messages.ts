import { z } from 'zod'
import { on } from './definition.ts'
import { address, coordination, customerId, money, orderEndReason, orderId, orderLine } from './values.ts'

const fact = on('orders')
const order = z.object({ orderId, customerId, total: money })

/** What the order service tells the world. Every fact repeats the total, so that a reader needs no second topic. */
export const orderFacts = {
  'order.placed': fact.message(
    order.extend({
      items: z.array(orderLine).min(1),
      payment: z.object({ token: z.string() }),
      shippingAddress: address,
      coordination,
    }),
  ),
  'order.confirmed': fact.message(order),
  'order.shipped': fact.message(order.extend({ trackingNumber: z.string() })),
  'order.completed': fact.message(order),
  'order.rejected': fact.message(order.extend({ reason: orderEndReason })),
  'order.cancellation-requested': fact.message(order),
  /** The parcel left before the cancellation reached the carrier: the order goes on to its end. */
  'order.cancellation-refused': fact.message(order),
  'order.cancelled': fact.message(order.extend({ reason: orderEndReason })),
}
