import type { AnyMessage, DataOf } from '#libs/contracts'
import type { GroupCommit, Work } from '#libs/database'
import { Sagas } from '#libs/saga'
import { cancelOrder } from './api/cancel-order.ts'
import { placeOrder } from './api/place-order.ts'
import type { OrderDetails } from './domain/order.ts'
import { fulfilment } from './sagas.ts'

/** What became of what the topics tell and this database, which is of an earlier moment, does not know. */
export interface MadeAgain {
  placed: number
  /** How many times it was asked for. */
  cancelled: number
  /** Placed without a payment token, whose command never left: the payment will be declined. */
  unpaid: number
  /** Returns that customers had asked for: not asked for again, since the order was not delivered yet at this moment. */
  returns: number
}

/**
 * Places orders again that are told of in the topics and that this database has lost, and asks again for cancellations.
 * Everything that follows from an order has ids that are made from the order's own, so what is said now is what was said
 * then: whoever has heard it knows it, and the provider knows the keys. `facts` are those of `orders`, in the order of
 * each partition, `commands` those of `payment-commands`, which have the tokens; both from before the moment of the database on.
 * Nobody else may be at work on this database. Doing it twice changes nothing.
 */
export const ordersAgain = async (
  groupCommit: GroupCommit,
  facts: readonly AnyMessage[],
  commands: readonly AnyMessage[],
): Promise<MadeAgain> => {
  const tokens = new Map<string, string>()
  for (const { type, data } of commands) if (type === 'payment.authorize') tokens.set(data.orderId, data.token)
  const done: MadeAgain = { placed: 0, cancelled: 0, unpaid: 0, returns: 0 }
  await inGroups(facts, async (fact) => {
    if (fact.type === 'order.return-requested') done.returns++
    if (fact.type !== 'order.placed') return
    const details = detailsOf(fact.data, tokens.get(fact.data.orderId))
    if (!(await groupCommit.submit(placeIfUnknown(details, fact.traceparent ?? '')))) return
    done.placed++
    if (details.coordination === 'orchestrated' && !tokens.has(details.orderId)) done.unpaid++
  })
  await inGroups(facts, async (fact) => {
    if (fact.type !== 'order.cancellation-requested') return
    const refusal = await groupCommit.submit(cancelOrder(fact.data.orderId, fact.traceparent ?? ''))
    if (refusal === undefined) done.cancelled++
  })
  return done
}

/** As many as share a transaction; facts of one type are about different orders. */
const inGroups = async <T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> => {
  for (let i = 0; i < items.length; i += AT_ONCE) await Promise.all(items.slice(i, i + AT_ONCE).map(task))
}
const AT_ONCE = 500

/** True when it was not there. */
const placeIfUnknown = (details: OrderDetails, traceparent: string): Work<boolean> => ({
  announce: (uow) => fulfilment.announce(uow, details.orderId),
  run: async (uow) => {
    if ((await uow.part(Sagas).load(fulfilment.key(details.orderId))) !== undefined) return false
    await placeOrder(details, traceparent).run(uow)
    return true
  },
})

/** As the order service had them: with the sealed token in place of the mask that facts of orchestrated orders show. */
const detailsOf = (data: DataOf<'order.placed'>, token: string | undefined): OrderDetails => {
  const { orderId, customerId, items, total, shippingAddress, coordination, shipping } = data
  const payment = { token: token ?? data.payment.token }
  return { orderId, customerId, items, total, payment, shippingAddress, coordination, ...(shipping && { shipping }) }
}
