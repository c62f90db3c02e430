import { z } from 'zod'
import { Consequences } from '#libs/contracts'
import type { UnitOfWork, Work } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { aggregate } from '#libs/event-store'
import { Problem } from '#libs/http'
import type { StoredResponse } from '#libs/idempotency'
import type { PersonalData } from '#libs/personal-data'
import { Sagas } from '#libs/saga'
import { handle, onRecord } from '#libs/service'
import type { OrderRefusal } from '../domain/decide.ts'
import type { PlacedOrder } from '../domain/order.ts'
import type { RefusedLines } from '../domain/returns/order-returns.ts'
import { orders } from '../order-aggregate.ts'
import { fulfilment, returns, SOURCE } from '../sagas.ts'
import { findCompletedAt } from '../sql/find-completed-at.ts'
import { lines } from './order-lines.ts'
import { sealingFor } from './sealing-for.ts'
import { unknownOrder } from './unknown-order.ts'

export const returnRequest = z.strictObject({ items: lines, reason: z.string().trim().min(1).max(1_000) })

const ACTOR = 'customer'

interface Wish extends z.infer<typeof returnRequest> {
  readonly orderId: string
  readonly returnId: string
  readonly windowDays: number
  readonly traceparent: string
}

/** Has the order decide whether it may be returned, and starts the saga of the return, in one transaction. */
export const requestReturn = (personal: PersonalData, said: Wish): Work<StoredResponse | Refusal<OrderRefusal>> => {
  const { orderId, returnId, traceparent } = said
  return {
    announce: (uow) => fulfilment.announce(uow, orderId),
    run: async (uow) => {
      // Locked before it is looked at: of two returns at once, the second one is decided on what the first one left.
      await uow.part(Sagas).load(fulfilment.key(orderId))
      const wish = await withSealedReason(uow, personal, said)
      const { reason } = wish
      const cause = { id: returnId, correlationId: orderId, traceparent }
      const consequences = new Consequences(cause, SOURCE, uow.now)
      const decision = await decide(uow, consequences, wish)
      const refusal = isRefusal(decision) ? decision : undefined
      onRecord(uow, { actor: ACTOR, action: 'order.return', target: `order/${orderId}`, reason }, refusal)
      if (refusal !== undefined) return refusal
      await startReturn(uow, consequences, wish)
      const location = `/api/orders/${orderId}/returns/${returnId}`
      return { status: 202, headers: { location }, body: { returnId, orderId, status: 'requested', items: wish.items } }
    },
  }
}

/** In their own words people say all sorts of things about themselves. */
const withSealedReason = async (uow: UnitOfWork, personal: PersonalData, wish: Wish): Promise<Wish> => {
  const { state } = await aggregate(uow, orders.decider, orders.stream(wish.orderId))
  if (state.status === 'none') return wish
  return { ...wish, reason: (await sealingFor(personal, state.details.customerId)).seal(wish.reason) }
}

const decide = async (uow: UnitOfWork, consequences: Consequences, wish: Wish) => {
  const { orderId: id, returnId, items, reason, windowDays } = wish
  const completedAt = await findCompletedAt(uow, orders.stream(id))
  const input = {
    ...({ type: 'requestReturn', returnId, items, reason, windowDays } as const),
    at: uow.now.toISOString(),
    deliveredAt: completedAt?.toISOString(),
  }
  return handle(uow, consequences, { to: orders, id, input, actor: ACTOR })
}

const startReturn = async (uow: UnitOfWork, consequences: Consequences, { orderId, returnId, items }: Wish) => {
  const { state } = await aggregate(uow, orders.decider, orders.stream(orderId))
  const { customerId, items: ordered, total, shippingAddress: address } = (state as PlacedOrder).details
  const prices = new Map(ordered.map(({ sku, unitPrice }) => [sku, unitPrice.amount]))
  const request = {
    ...{ returnId, orderId, customerId, address, currency: total.currency },
    items: items.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: prices.get(sku)! })),
  }
  const start = { type: 'start', at: uow.now.toISOString(), request } as const
  // By commands, also of an order whose participants follow facts.
  await returns.start(uow, consequences, { sagaId: returnId, coordination: 'orchestrated' }, start)
}

const titles: Partial<Record<OrderRefusal, string>> = {
  not_delivered: 'Nothing was delivered that could be returned',
  return_window_over: 'Too late to be returned',
  not_returnable: 'More than can be returned',
  too_many_returns: 'Too many returns',
}

export const notReturned = (orderId: string, refusal: Refusal<OrderRefusal> | RefusedLines): Problem => {
  const { refused, detail = refused } = refusal
  if (refused === 'not_found') return unknownOrder(orderId)
  const lines = 'lines' in refusal ? { lines: refusal.lines } : {}
  const title = titles[refused]
  return new Problem(409, {
    ...{ type: refused.replaceAll('_', '-'), detail, extensions: { reason: refused, ...lines } },
    ...(title === undefined ? {} : { title }),
  })
}
