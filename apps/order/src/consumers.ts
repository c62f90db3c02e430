import { Controller } from '@nestjs/common'
import type { AnyMessage, Message, MessageType, Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Handles, type MessageContext, Unprocessable } from '#libs/messaging'
import { type FactType, factTypes } from './domain/answers.ts'
import type { FulfilmentInput } from './domain/fulfilment-saga.ts'
import { fulfilmentRunner } from './fulfilment.ts'
import { announceOrder } from './orders.ts'

export const consumed = ['payments', 'inventory', 'shipments'] as const satisfies Topic[]

/** Goods that arrive belong to no order. */
export const ignored = ['stock.received'] as const satisfies MessageType[]

export const announce = ({ data }: AnyMessage, uow: UnitOfWork): void => {
  if ('orderId' in data) announceOrder(uow, data.orderId)
}

/** Whatever the participants tell goes to the saga of its order. */
@Controller()
export class OrderConsumers {
  @Handles(...factTypes)
  async hear(fact: Message<FactType>, { uow, consequences }: MessageContext): Promise<void> {
    const { orderId } = fact.data
    const input = { at: uow.now.toISOString(), type: fact.type, data: fact.data } as FulfilmentInput
    if (!(await fulfilmentRunner.handle(uow, consequences, orderId, input)))
      throw new Unprocessable(`${fact.type} about the order ${orderId}, which does not exist`)
  }
}
