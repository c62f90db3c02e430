import { Controller } from '@nestjs/common'
import { type Topic, topicOf, topics } from '#libs/contracts'
import { type Announce, Handles, type MessageContext } from '#libs/messaging'
import { Checkpoints } from '#libs/projections'
import { type OrderViewFact, orderViewFacts } from './domain/order-view.ts'
import { saleOf } from './domain/sales.ts'
import { OrderViews } from './order-views.ts'
import { Sales } from './sales.ts'

/** The projections of this service and the topics that each is made of. */
export const projections = {
  orders: ['orders', 'payments', 'inventory', 'shipments', 'notifications'],
  'sales-per-minute': ['orders'],
} as const satisfies Record<string, readonly Topic[]>

const projectionsOf = (topic: Topic): string[] =>
  Object.entries(projections).flatMap(([name, from]) => (from.some((one) => one === topic) ? [name] : []))

/** Goods that arrive belong to no order. */
export const ignored = ['stock.received'] as const

/** Checkpoints of all partitions of the topic are read together: which of them it will be, the group decides. */
export const announce: Announce = (message, uow) => {
  const topic = topicOf(message.type)
  if ('orderId' in message.data) uow.part(OrderViews).announce(message.data.orderId)
  for (const projection of projectionsOf(topic))
    for (let partition = 0; partition < topics[topic].partitions; partition++)
      uow.part(Checkpoints).announce({ projection, topic, partition })
}

/** Rows and checkpoint commit together: each fact counts once in each projection. */
@Controller()
export class QueryConsumers {
  @Handles(...orderViewFacts)
  async project(fact: OrderViewFact, { uow, position }: MessageContext): Promise<void> {
    await uow.part(OrderViews).apply(fact)
    if (fact.type === 'order.completed') uow.part(Sales).add(saleOf(fact))
    const { topic, partition, offset } = position
    for (const projection of projectionsOf(topic)) {
      const place = { projection, topic, partition }
      await uow.part(Checkpoints).load(place)
      uow.part(Checkpoints).advance(place, offset + 1n)
    }
  }
}
