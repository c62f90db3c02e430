import { Controller } from '@nestjs/common'
import type { Topic } from '#libs/contracts'
import { Handles, type MessageContext } from '#libs/messaging'
import { Checkpoints } from '#libs/projections'
import { type OrderViewFact, orderViewFacts } from './domain/order-view.ts'
import { saleOf } from './domain/sales.ts'
import { OrderViews } from './order-views.ts'
import { Sales } from './sales.ts'

/** The projections of this service and the topics that each is made of. */
export const projections = {
  orders: ['orders', 'payments', 'inventory', 'shipments'],
  'sales-per-minute': ['orders'],
} as const satisfies Record<string, readonly Topic[]>

/** Goods that arrive belong to no order. */
export const ignored = ['stock.received'] as const

/** Rows and checkpoint commit together: each fact counts once in each projection. */
@Controller()
export class QueryConsumers {
  @Handles(...orderViewFacts)
  project(fact: OrderViewFact, { uow, position }: MessageContext): void {
    uow.part(OrderViews).apply(fact)
    uow.part(Checkpoints).advance('orders', position)
    if (position.topic !== 'orders') return
    if (fact.type === 'order.completed') uow.part(Sales).add(saleOf(fact))
    uow.part(Checkpoints).advance('sales-per-minute', position)
  }
}
