import { Controller } from '@nestjs/common'
import type { AnyMessage, Message } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { type HandlersOf, Handles, type MessageContext, Unprocessable } from '#libs/messaging'
import type { ShipmentInput } from './domain/decide.ts'
import { announceShipment, handleShipment } from './shipments.ts'

type Commands = HandlersOf<'fulfillment-commands'>

/** Message type → decision. */
@Controller()
export class FulfillmentConsumers implements Commands {
  @Handles('shipment.ship')
  'shipment.ship'(message: Message<'shipment.ship'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'ship', data: message.data }, context)
  }

  @Handles('shipment.cancel')
  'shipment.cancel'(message: Message<'shipment.cancel'>, context: MessageContext): Promise<void> {
    return handle(message, { type: 'cancel', data: message.data }, context)
  }
}

const handle = async (
  message: Message<keyof Commands>,
  input: ShipmentInput,
  { uow, consequences }: MessageContext,
): Promise<void> => {
  const origin = { consequences, causationId: message.id }
  const refusal = await handleShipment(uow, message.data.orderId, input, origin)
  if (refusal !== undefined) throw new Unprocessable(`${message.type}: ${refusal.refused}`)
}

/** What the handlers above are going to read. */
export const announce = ({ data }: AnyMessage, uow: UnitOfWork): void => {
  if ('orderId' in data) announceShipment(uow, data.orderId)
}
