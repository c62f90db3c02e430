import type { UnitOfWork } from '#libs/database'
import { type AggregateType, announceAggregate } from '#libs/service'
import { type OrderCommand, type OrderRefusal, orderDecider } from './domain/decide.ts'
import type { Order, OrderEvent, PlacedOrder } from './domain/order.ts'
import { published } from './domain/published-events.ts'

export const orders: AggregateType<Order, OrderCommand, OrderEvent, OrderRefusal> = {
  decider: orderDecider,
  stream: (orderId) => `order-${orderId}`,
  react: (event, order) => {
    const { details } = order as PlacedOrder
    const { coordination } = details
    return { fact: published(details, event), ...(coordination === 'choreographed' && { coordination }) }
  },
}

export const announceOrder = (uow: UnitOfWork, orderId: string): void => announceAggregate(uow, orders, orderId)
