import { z } from 'zod'
import { asItWas, on } from './definition.ts'
import {
  type AddressV1,
  coordination,
  customerId,
  money,
  orderEndReason,
  orderId,
  orderLine,
  personalAddress,
  returnId,
  shipping,
  stockLine,
  withSplitName,
} from './values.ts'

const fact = on('orders')
const order = z.object({ orderId, customerId, total: money })
const aboutReturn = order.extend({ returnId })
const lines = z.array(stockLine)
/** The facts without which an order goes no further. */
const awaiting = z.enum([
  'payment.authorized',
  'payment.captured',
  'payment.voided',
  'stock.reserved',
  'stock.released',
  'stock.dispatched',
  'shipment.booked',
  'shipment.delivered',
  'shipment.cancelled',
])
const payment = z.object({ token: z.string() })

/** Version 2: the recipient's name is split into given and family name. Since the next one the address is sealed. */
const withNameSplit = ({ shippingAddress, ...order }: { shippingAddress: AddressV1 }) => ({
  ...order,
  shippingAddress: withSplitName(shippingAddress),
})

/** What the order service tells the world. Every fact repeats the total, so that a reader needs no second topic. */
export const orderFacts = {
  'order.placed': fact.message(
    order.extend({
      items: z.array(orderLine).min(1),
      payment,
      shippingAddress: personalAddress,
      coordination,
      /** Of an order that is held to a quote; its cost is part of the total. */
      shipping: shipping.optional(),
    }),
    [withNameSplit, asItWas],
  ),
  'order.confirmed': fact.message(order),
  'order.shipped': fact.message(order.extend({ trackingNumber: z.string() })),
  'order.completed': fact.message(order),
  'order.rejected': fact.message(order.extend({ reason: orderEndReason })),
  'order.cancellation-requested': fact.message(order),
  /** The parcel left before the cancellation reached the carrier: the order goes on to its end. */
  'order.cancellation-refused': fact.message(order),
  'order.cancelled': fact.message(order.extend({ reason: orderEndReason })),
  'order.return-requested': fact.message(aboutReturn.extend({ items: lines.min(1), reason: z.string() })),
  'order.return-label-issued': fact.message(aboutReturn.extend({ trackingNumber: z.string() })),
  'order.return-received': fact.message(aboutReturn),
  'order.return-inspected': fact.message(aboutReturn.extend({ accepted: lines, refused: lines })),
  /** `items` came back, or are lost, and `refunded` is their price; both are of the pieces that the customer gave away. */
  'order.return-ended': fact.message(
    aboutReturn.extend({
      outcome: z.enum(['completed', 'refused', 'impossible', 'lost', 'cancelled']),
      items: lines,
      refunded: money,
    }),
  ),
  // Of choreographed orders only; where the saga has commands, they tell the participants how the order stands.
  /** It is not wanted any more. What was paid and reserved stays until no parcel can leave. */
  'order.recalled': fact.message(order.extend({ reason: orderEndReason })),
  /** No parcel will leave; `toUndo`: what there may be of it, as far as is known. */
  'order.withdrawn': fact.message(
    order.extend({ reason: orderEndReason, toUndo: z.array(z.enum(['payment', 'stock'])).min(1) }),
  ),
  /** What it is waiting for has not come in time, or failed. Says all again, for whoever has missed it. */
  'order.overdue': fact.message(
    order.extend({ awaiting, lines: lines.min(1), payment, shippingAddress: personalAddress }),
    [asItWas],
  ),
}
