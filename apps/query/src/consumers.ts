import type { Topic } from '#libs/contracts'
import { type HandlersOf, handlersFor, ignore, type Position } from '#libs/messaging'
import { Checkpoints, type Place } from '#libs/projections'
import { orderViewFacts } from './domain/order-view.ts'
import { saleOf } from './domain/sales.ts'
import { OrderViews } from './order-views.ts'
import { Sales } from './sales.ts'

/** The projections of this service and the topics that each is made of. */
export const projections = {
  orders: ['orders', 'payments', 'inventory', 'shipments', 'notifications'],
  'sales-per-minute': ['orders'],
} as const satisfies Record<string, readonly Topic[]>

/** The names of the projections that a topic has a part in. */
const projectionsOf = new Map<Topic, readonly string[]>(
  projections.orders.map((topic) => [
    topic,
    Object.entries(projections).flatMap(([name, from]) => (from.some((one) => one === topic) ? [name] : [])),
  ]),
)

const placesOf = ({ topic, partition }: Position): Place[] =>
  (projectionsOf.get(topic) ?? []).map((projection) => ({ projection, topic, partition }))

/**
 * Rows and checkpoint commit together, and an order's view knows the facts that it has seen: each counts once in each
 * projection, without an inbox.
 */
export const consumers: HandlersOf<(typeof projections.orders)[number]> = {
  ...handlersFor(orderViewFacts, {
    announce: ({ data }, uow, position) => {
      uow.part(OrderViews).announce(data.orderId)
      for (const place of placesOf(position)) uow.part(Checkpoints).announce(place)
    },
    handle: async (fact, { uow, position }) => {
      const isNew = await uow.part(OrderViews).apply(fact)
      if (isNew && fact.type === 'order.completed') uow.part(Sales).add(saleOf(fact))
      for (const place of placesOf(position)) {
        await uow.part(Checkpoints).load(place)
        uow.part(Checkpoints).advance(place, position.offset + 1n)
      }
    },
  }),
  // Goods that arrive belong to no order.
  'stock.received': ignore,
}
