import { Controller } from '@nestjs/common'
import type { AnyMessage, Message } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { type HandlersOf, Handles, type MessageContext } from '#libs/messaging'
import { handleReservation } from './reservations.ts'
import { Warehouse } from './warehouse.ts'

/** Message type → decision. */
@Controller()
export class InventoryConsumers implements HandlersOf<'inventory-commands'> {
  @Handles('stock.reserve')
  'stock.reserve'({ data }: Message<'stock.reserve'>, { uow, consequences }: MessageContext): Promise<void> {
    return handleReservation(uow, { type: 'reserve', data }, consequences)
  }

  @Handles('stock.release')
  'stock.release'({ data }: Message<'stock.release'>, { uow, consequences }: MessageContext): Promise<void> {
    return handleReservation(uow, { type: 'release', data }, consequences)
  }

  @Handles('stock.dispatch')
  'stock.dispatch'({ data }: Message<'stock.dispatch'>, { uow, consequences }: MessageContext): Promise<void> {
    return handleReservation(uow, { type: 'dispatch', data }, consequences)
  }
}

/** What the handlers above are going to read. */
export const announce = (message: AnyMessage, uow: UnitOfWork): void => {
  const warehouse = uow.part(Warehouse)
  if ('orderId' in message.data) warehouse.announceOrder(message.data.orderId)
  if (message.type === 'stock.reserve') for (const { sku } of message.data.lines) warehouse.announceSku(sku)
}
