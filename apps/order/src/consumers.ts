import type { MessageType } from '#libs/contracts'
import { refuse } from '#libs/decider'
import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import { Sagas } from '#libs/saga'
import { factTypes } from './domain/answers.ts'
import { returnFactTypes } from './domain/returns/return-answers.ts'
import { announceReturn, fulfilment, returns } from './sagas.ts'

/** Never lead to anything that the order itself must follow; its stream is not read for them. */
const sagaOnly: ReadonlySet<MessageType> = new Set(['payment.captured', 'shipment.booked'])

/** Whatever the participants say goes to the saga of its order. */
export const consumers: HandlersOf<'payments' | 'inventory' | 'shipments'> = {
  ...handlersFor(factTypes, {
    announce: ({ type, data: { orderId } }, uow) =>
      sagaOnly.has(type) ? uow.part(Sagas).announce(fulfilment.key(orderId)) : fulfilment.announce(uow, orderId),
    handle: async (fact, { uow, consequences }) => {
      const { orderId } = fact.data
      const known = await fulfilment.handle(uow, consequences, orderId, { ...fact, at: uow.now.toISOString() })
      return known
        ? undefined
        : refuse('unknown_order', `${fact.type} about the order ${orderId}, which does not exist`)
    },
  }),
  ...handlersFor(returnFactTypes, {
    announce: ({ data: { orderId, returnId } }, uow) => announceReturn(uow, orderId, returnId),
    handle: async (fact, { uow, consequences }) => {
      const { orderId, returnId } = fact.data
      const known = await returns.handle(uow, consequences, returnId, { ...fact, at: uow.now.toISOString() })
      return known
        ? undefined
        : refuse('unknown_return', `${fact.type} about the return ${returnId} of the order ${orderId}`)
    },
  }),
  // Goods that arrive belong to no order.
  'stock.received': ignore,
}
