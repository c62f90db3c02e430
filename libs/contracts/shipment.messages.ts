import { z } from 'zod'
import { asItWas, on } from './definition.ts'
import {
  type AddressV1,
  currency,
  customerId,
  failure,
  money,
  orderId,
  personalAddress,
  stockLine,
  withSplitName,
} from './values.ts'

const fact = on('shipments')
const command = on('fulfillment-commands')
const request = on('fulfillment-requests')
const reply = on('replies')
const shipment = z.object({ orderId, customerId })
const parcel = shipment.extend({ shipmentId: z.string(), trackingNumber: z.string() })

export const shipmentFacts = {
  'shipment.booked': fact.message(parcel),
  'shipment.dispatched': fact.message(parcel),
  'shipment.delivered': fact.message(parcel),
  /** The carrier's final "no"; asking again would not change it. */
  'shipment.impossible': fact.message(shipment.extend({ code: z.string() })),
  /** Nothing will leave the warehouse for this order, whether or not something had been booked. */
  'shipment.cancelled': fact.message(shipment),
  'shipment.cancellation-refused': fact.message(shipment),
  /** The carrier gave no usable answer within the bounded retries. */
  'shipment.failed': fact.message(shipment.extend({ operation: z.enum(['ship', 'cancel']), reason: failure })),
}

/** Version 2: the recipient's name is split into given and family name. Since the next one the address is sealed. */
const withNameSplit = ({ address, ...shipment }: { address: AddressV1 }) => ({
  ...shipment,
  address: withSplitName(address),
})

export const shipmentCommands = {
  'shipment.ship': command.message(shipment.extend({ address: personalAddress, lines: z.array(stockLine).min(1) }), [
    withNameSplit,
    asItWas,
  ]),
  'shipment.cancel': command.message(shipment),
  /** Nothing was heard of the parcel for long: ask the carrier where it is. */
  'shipment.track': command.message(shipment),
}

export const shipmentRequests = {
  /** What it costs to have this delivered, and when it would arrive. */
  'shipment.quote': request.message(
    z.object({ address: personalAddress, lines: z.array(stockLine).min(1), currency }),
    [asItWas],
  ),
}

export const shipmentReplies = {
  /** `promisedOn`: the day on which it arrives, as a date. */
  'shipment.quoted': reply.message(z.object({ cost: money, promisedOn: z.iso.date() })),
  /** The carrier's final "no". */
  'shipment.not-quoted': reply.message(z.object({ code: z.string() })),
}
