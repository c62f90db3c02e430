import { fold } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import { orderDecider } from '../domain/decide.ts'
import type { OrderEvent, PlacedOrder } from '../domain/order.ts'
import { isReturnEvent } from '../domain/returns/order-returns.ts'

/** The returns of an order in the order in which they were asked for, told by the order's own events. */
export const returnsAnswer = (events: readonly (StoredEvent & OrderEvent)[]) => {
  const { returns = {} } = fold(orderDecider, events) as PlacedOrder
  const { orderId } = (events[0] as { readonly data: { readonly orderId: string } }).data
  return Object.values(returns).map(({ end, ...known }) => {
    const own = events.filter((event) => isReturnEvent(event) && event.data.returnId === known.returnId)
    return {
      orderId,
      ...known,
      ...(end === undefined ? {} : { returned: end.items, refunded: end.refunded }),
      requestedAt: own[0]!.at,
      updatedAt: own.at(-1)!.at,
    }
  })
}
