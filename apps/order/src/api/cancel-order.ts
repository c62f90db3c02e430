import { type Cause, Consequences, uuidFrom } from '#libs/contracts'
import type { Work } from '#libs/database'
import { isRefusal, type Refusal, refuse } from '#libs/decider'
import { Problem } from '#libs/http'
import { Sagas } from '#libs/saga'
import { handle, onRecord } from '#libs/service'
import type { OrderRefusal } from '../domain/decide.ts'
import { orders } from '../order-aggregate.ts'
import { fulfilment, SOURCE } from '../sagas.ts'
import { unknownOrder } from './unknown-order.ts'

/** Records the customer's wish and lets the saga undo what has happened so far. Asking again changes nothing. */
export const cancelOrder = (orderId: string, traceparent: string): Work<Refusal<OrderRefusal> | undefined> => ({
  announce: (uow) => fulfilment.announce(uow, orderId),
  run: async (uow) => {
    // Locked before it is looked at: nothing that decides about the order can happen in between.
    if ((await uow.part(Sagas).load(fulfilment.key(orderId))) === undefined) return refuse('not_found')
    const cause: Cause = { id: uuidFrom(`POST /orders/cancel:${orderId}`), correlationId: orderId, traceparent }
    const consequences = new Consequences(cause, SOURCE, uow.now)
    const input = { type: 'requestCancellation' } as const
    const decision = await handle(uow, consequences, { to: orders, id: orderId, input, actor: 'customer' })
    const refusal = isRefusal(decision) ? decision : undefined
    onRecord(uow, { actor: 'customer', action: 'order.cancel', target: `order/${orderId}` }, refusal)
    if (isRefusal(decision)) return decision
    if (decision.length > 0)
      await fulfilment.handle(uow, consequences, orderId, { type: 'cancel', at: uow.now.toISOString() })
    return undefined
  },
})

const WHY_NOT: Partial<Record<OrderRefusal, string>> = {
  already_dispatched: 'the parcel has left already',
  already_ended: 'the order has ended otherwise',
}

export const notCancelled = (orderId: string, { refused }: Refusal<OrderRefusal>): Problem =>
  refused === 'not_found'
    ? unknownOrder(orderId)
    : new Problem(409, {
        type: 'cannot-be-cancelled',
        title: 'Cannot be cancelled',
        detail: WHY_NOT[refused] ?? refused,
        extensions: { reason: refused },
      })
