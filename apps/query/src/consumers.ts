import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import { feedOf } from '#libs/projections'
import { orderViewFacts } from './projections/orders/fold.ts'
import { projections } from './projections.ts'

const Feed = feedOf(projections)

/** Rows and checkpoint commit together, and rows end the same however often a fact comes: there is no inbox. */
export const consumers: HandlersOf<'orders' | 'payments' | 'inventory' | 'shipments' | 'notifications'> = {
  ...handlersFor(orderViewFacts, {
    announce: (fact, uow, position) => uow.part(Feed).announce(fact, position),
    handle: (fact, { uow, position }) => uow.part(Feed).apply(fact, position),
  }),
  // Goods that arrive belong to no order.
  'stock.received': ignore,
  'notification.channel-switched-off': ignore,
}
