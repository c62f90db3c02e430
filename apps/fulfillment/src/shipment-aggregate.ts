import type { AggregateType } from '#libs/service'
import { type ShipmentInput, type ShipmentRefusal, shipmentDecider } from './domain/decide.ts'
import { reactionTo } from './domain/reaction.ts'
import type { Shipment, ShipmentEvent } from './domain/shipment.ts'

export const shipments: AggregateType<Shipment, ShipmentInput, ShipmentEvent, ShipmentRefusal> = {
  decider: shipmentDecider,
  stream: (orderId) => `shipment-${orderId}`,
  react: reactionTo,
}
