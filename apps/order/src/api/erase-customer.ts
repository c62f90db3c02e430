import { z } from 'zod'
import type { Work } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { Problem } from '#libs/http'
import type { StoredResponse } from '#libs/idempotency'
import type { PersonalData } from '#libs/personal-data'
import { onRecord } from '#libs/service'
import { findOrdersUnderWay } from '../sql/find-orders-under-way.ts'
import { announceErasure } from './announce-key.ts'

/** Kept for good, so it must not name whom it is about. */
export const erasureRequest = z.strictObject({ reason: z.string().trim().min(1).max(1_000) })

/** A process that cannot ask the vault uses a key that it has for no longer than this, milliseconds. */
const LONGEST_USE_MS = 30_000
/** Named in a refusal. */
const MOST_NAMED = 20

interface Wish extends z.infer<typeof erasureRequest> {
  readonly customerId: string
  readonly actor: string
}

/**
 * Destroys the customer's key, unless an order or a return is under way, which needs the address. The key goes first: what
 * follows may be repeated, and nothing else may bring it back.
 */
export const eraseCustomer = (
  personal: PersonalData,
  { customerId, actor, reason }: Wish,
): Work<StoredResponse | Refusal<'orders_under_way'>> => ({
  weight: 1,
  run: async (uow) => {
    const underWay = await findOrdersUnderWay(uow, customerId, MOST_NAMED)
    const deed = { actor, action: 'customer.erase', target: `customers/${customerId}`, reason }
    if (underWay.length > 0) return refuse('orders_under_way', underWay.join(', '))
    const erasedAt = await personal.erase(customerId)
    onRecord(uow, deed)
    announceErasure(uow, customerId, erasedAt)
    const effectiveBy = new Date(erasedAt.getTime() + LONGEST_USE_MS)
    return {
      status: 200,
      headers: {},
      body: { customerId, erasedAt: erasedAt.toISOString(), effectiveBy: effectiveBy.toISOString() },
    }
  },
})

export const notErased = ({ detail }: Refusal<'orders_under_way'>): Problem =>
  new Problem(409, {
    type: 'orders-under-way',
    title: 'Orders are under way',
    detail: `these orders, or returns of them, still need the customer's data: ${detail}`,
    extensions: { orders: detail?.split(', ') ?? [] },
  })
