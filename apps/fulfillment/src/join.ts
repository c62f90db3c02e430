import type { UnitOfWork } from '#libs/database'
import { aggregate } from '#libs/event-store'
import type { MessageContext } from '#libs/messaging'
import { type AggregateType, announceAggregate, handle } from '#libs/service'
import type { ShipmentInput } from './domain/decide.ts'
import { type Readiness, type ReadinessEvent, readinessDecider, shippable } from './domain/readiness.ts'

interface Order {
  readonly orderId: string
  readonly customerId: string
}

const readiness: AggregateType<Readiness, ReadinessEvent, ReadinessEvent, never> = {
  decider: readinessDecider,
  stream: (orderId) => `readiness-${orderId}`,
  react: () => undefined,
}

export const announceJoin = (uow: UnitOfWork, orderId: string): void => announceAggregate(uow, readiness, orderId)

/** Keeps what was heard of an order; ships it when that was the last that was missing. */
export const join = async (
  { uow, consequences }: MessageContext,
  order: Order,
  heard: ReadinessEvent,
): Promise<ShipmentInput | undefined> => {
  const news = await handle(uow, consequences, { to: readiness, id: order.orderId, input: heard })
  return Array.isArray(news) && news.length > 0 ? shipWhenReady(uow, order) : undefined
}

export const shipWhenReady = async (uow: UnitOfWork, order: Order): Promise<ShipmentInput | undefined> => {
  const { state } = await aggregate(uow, readinessDecider, readiness.stream(order.orderId))
  const data = shippable(state, order)
  return data && { type: 'ship', data }
}
