import { Controller } from '@nestjs/common'
import type { AnyMessage, MessageType, Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Handles, type MessageContext, Unprocessable } from '#libs/messaging'
import { Sagas } from '#libs/saga'
import { type FactType, factTypes } from './domain/answers.ts'
import { fulfilmentRunner } from './fulfilment.ts'
import { announceOrder } from './orders.ts'

export const consumed = ['payments', 'inventory', 'shipments'] as const satisfies Topic[]

/** Goods that arrive belong to no order. */
export const ignored = ['stock.received'] as const satisfies MessageType[]

/** Never lead to anything that the order itself must be told; its stream is not read for them. */
const sagaOnly: ReadonlySet<MessageType> = new Set(['payment.captured', 'shipment.booked'])

export const announce = ({ type, data }: AnyMessage, uow: UnitOfWork): void => {
  if (!('orderId' in data)) return
  if (sagaOnly.has(type)) uow.part(Sagas).announce(data.orderId)
  else announceOrder(uow, data.orderId)
}

/** Whatever the participants tell goes to the saga of its order. */
@Controller()
export class OrderConsumers {
  @Handles(...factTypes)
  async hear(fact: Extract<AnyMessage, { type: FactType }>, { uow, consequences }: MessageContext): Promise<void> {
    const { orderId } = fact.data
    if (!(await fulfilmentRunner.handle(uow, consequences, orderId, { ...fact, at: uow.now.toISOString() })))
      throw new Unprocessable(`${fact.type} about the order ${orderId}, which does not exist`)
  }
}
