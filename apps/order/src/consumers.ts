import type { MessageType } from '#libs/contracts'
import { refuse } from '#libs/decider'
import { type HandlersOf, handlersFor, ignore } from '#libs/messaging'
import { Sagas } from '#libs/saga'
import { factTypes } from './domain/answers.ts'
import { fulfilment } from './sagas.ts'

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
  ...handlersFor(
    [
      'return.label-issued',
      'return.impossible',
      'return.received',
      'return.lost',
      'return.inspected',
      'return.cancelled',
      'return.cancellation-refused',
      'return.failed',
      'stock.returned',
      'payment.return-refunded',
      'payment.return-refund-failed',
    ],
    ignore,
  ),
  // Goods that arrive belong to no order.
  'stock.received': ignore,
}
