import { type Cause, Consequences, uuidFrom } from '#libs/contracts'
import type { Work } from '#libs/database'
import { isRefusal } from '#libs/decider'
import { Problem } from '#libs/http'
import { Sagas } from '#libs/saga'
import type { OrderRefusal } from '../domain/decide.ts'
import { fulfilmentRunner, SOURCE } from '../fulfilment.ts'
import { announceOrder, handleOrder } from '../orders.ts'
import { unknownOrder } from './unknown-order.ts'

const WHY_NOT: Partial<Record<OrderRefusal, string>> = {
  already_dispatched: 'the parcel has left already',
  already_ended: 'the order has ended otherwise',
}

/** Takes down the customer's wish and lets the saga undo what has happened so far. Asking again changes nothing. */
export const cancelOrder = (orderId: string, traceparent: string): Work<void> => ({
  announce: (uow) => announceOrder(uow, orderId),
  run: async (uow) => {
    // Locked before it is looked at: nothing that decides about the order can happen in between.
    const saga = await uow.part(Sagas).load(orderId)
    if (saga === undefined) throw unknownOrder(orderId)
    const cause: Cause = { id: uuidFrom(`POST /orders/cancel:${orderId}`), correlationId: orderId, traceparent }
    const consequences = new Consequences(cause, SOURCE, uow.now)
    const decision = await handleOrder(uow, consequences, orderId, { type: 'requestCancellation' }, 'customer')
    if (isRefusal(decision))
      throw new Problem(409, {
        type: 'cannot-be-cancelled',
        title: 'Cannot be cancelled',
        detail: WHY_NOT[decision.refused] ?? decision.refused,
        extensions: { reason: decision.refused },
      })
    if (decision.length === 0) return
    await fulfilmentRunner.handle(uow, consequences, orderId, { type: 'cancel', at: uow.now.toISOString() })
  },
})
