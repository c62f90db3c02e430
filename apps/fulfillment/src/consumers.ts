import type { HandlersOf } from '#libs/messaging'
import { on } from '#libs/service'
import { shipments } from './shipment-aggregate.ts'

/** Message type → decision. */
export const consumers: HandlersOf<'fulfillment-commands'> = {
  'shipment.ship': on(shipments, 'ship'),
  'shipment.cancel': on(shipments, 'cancel'),
  'shipment.track': on(shipments, 'track'),
}
