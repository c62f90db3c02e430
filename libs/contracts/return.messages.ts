import { z } from 'zod'
import { asItWas, on } from './definition.ts'
import { customerId, failure, money, orderId, personalAddress, returnId, stockLine } from './values.ts'

/**
 * What the services say about goods that come back: the parcel's way and its inspection (fulfillment), the shelf
 * (inventory), the money (payment). What the order makes of it is told on its own topic (`order.return-…`).
 */
const aboutReturn = z.object({ orderId, customerId, returnId })
const lines = z.array(stockLine)
const [parcels, parcelCommands] = [on('shipments'), on('fulfillment-commands')]

export const returnFacts = {
  'return.label-issued': parcels.message(aboutReturn.extend({ shipmentId: z.string(), trackingNumber: z.string() })),
  /** The carrier's final "no" to a label. */
  'return.impossible': parcels.message(aboutReturn.extend({ code: z.string() })),
  'return.received': parcels.message(aboutReturn),
  /** The carrier says that it has lost the parcel. */
  'return.lost': parcels.message(aboutReturn),
  /** Every line that was sent is in one of the two, or in both with a part of its pieces. */
  'return.inspected': parcels.message(aboutReturn.extend({ accepted: lines, refused: lines })),
  /** The label is of no use any more, whether or not there was one. */
  'return.cancelled': parcels.message(aboutReturn),
  /** The parcel was on its way already. */
  'return.cancellation-refused': parcels.message(aboutReturn),
  /** No usable answer within the bounded retries. */
  'return.failed': parcels.message(
    aboutReturn.extend({ operation: z.enum(['label', 'cancel', 'inspect']), reason: failure }),
  ),
  'stock.returned': on('inventory').message(aboutReturn.extend({ lines: lines.min(1) })),
  /** A part of what was captured went back; `amount` is what this return is worth. */
  'payment.return-refunded': on('payments').message(aboutReturn.extend({ refundId: z.string(), amount: money })),
  'payment.return-refund-failed': on('payments').message(aboutReturn.extend({ reason: failure })),
}

export const returnCommands = {
  /** `address` is where the customer hands the parcel over. */
  'return.issue-label': parcelCommands.message(aboutReturn.extend({ address: personalAddress, lines: lines.min(1) }), [
    asItWas,
  ]),
  'return.cancel': parcelCommands.message(aboutReturn),
  /** Nothing was heard of the parcel for long: ask the carrier where it is. */
  'return.track': parcelCommands.message(aboutReturn),
  'return.inspect': parcelCommands.message(aboutReturn),
  /** Put what was accepted back on the shelf; once per return. */
  'stock.return': on('inventory-commands').message(aboutReturn.extend({ lines: lines.min(1) })),
  /** Give back a part of what was captured; once per return. */
  'payment.refund-return': on('payment-commands').message(aboutReturn.extend({ amount: money })),
}
