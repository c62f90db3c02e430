import type { Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { aggregate, EventStreams } from '#libs/event-store'
import { Outbox } from '#libs/outbox'
import { Sagas } from '#libs/saga'
import { type OrderCommand, type OrderRefusal, orderDecider } from './domain/decide.ts'
import type { OrderEvent, PlacedOrder } from './domain/order.ts'
import { published } from './domain/published-events.ts'

export const orderStream = (orderId: string): string => `order-${orderId}`

/** An order and its saga are read together: whatever moves the one may move the other. */
export const announceOrder = (uow: UnitOfWork, orderId: string): void => {
  uow.part(Sagas).announce(orderId)
  uow.part(EventStreams).announce(orderStream(orderId))
}

/** Load, decide, append, and tell the world in the same transaction. An event has the id of the fact that tells it. */
export const handleOrder = async (
  uow: UnitOfWork,
  consequences: Consequences,
  orderId: string,
  command: OrderCommand,
  actor: string,
): Promise<readonly OrderEvent[] | Refusal<OrderRefusal>> => {
  const order = await aggregate(uow, orderDecider, orderStream(orderId))
  const decision = orderDecider.decide(order.state, command)
  if (isRefusal(decision)) return decision
  const { id: causationId, correlationId } = consequences.cause
  for (const event of decision) {
    const { details } = orderDecider.evolve(order.state, event) as PlacedOrder
    const { type, data } = published(details, event)
    const fact = consequences.message(type, { subject: orderId, key: details.customerId, data })
    order.append([{ ...event, metadata: { messageId: fact.id, causationId, correlationId, actor } }])
    uow.part(Outbox).add(fact)
  }
  return decision
}
