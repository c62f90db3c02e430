import { type Check, found } from './check.ts'

export interface Return {
  readonly returnId: string
  readonly status: string
  /** What the customer has given away for good; known when it has ended. */
  readonly returned?: readonly unknown[]
}

/** Of an order in the read model, what its money follows from. */
export interface PricedOrder {
  readonly orderId: string
  readonly status: string
  readonly updatedAt: string
  readonly items: readonly { readonly unitPrice: { readonly amount: number }; readonly returned?: number }[]
  readonly returns?: readonly Return[]
  readonly total: { readonly amount: number }
}

/** What the payment provider, the carrier and the mail server did for an order. Money is in minor units. */
export interface OrderEffects {
  readonly orderId: string
  readonly authorized: number
  readonly captured: number
  readonly voided: number
  readonly refunded: number
  readonly effects: number
  readonly doubled: readonly { readonly what: string; readonly times: number }[]
}

/** Who asked for the effects asked a moment after the orders: what ended only then is settled at the next look. */
const SETTLED_AFTER_MS = 10_000
const ENDS = new Set(['completed', 'rejected', 'cancelled'])

export interface MoneyVerdict {
  /** Orders that were judged. */
  readonly settled: number
  readonly wrong: readonly { readonly orderId: string; readonly says: string }[]
}

/** Captured − refunded, at the provider, is the price of what the customer kept, and nothing stays authorized. */
export const judgeMoney = (
  orders: readonly PricedOrder[],
  effects: readonly OrderEffects[],
  now: number,
): MoneyVerdict => {
  const ledger = new Map(effects.map((each) => [each.orderId, each]))
  const settled = orders.filter((order) => isSettled(order, now) && ledger.has(order.orderId))
  const wrong = settled.flatMap((order) => {
    const { orderId, status } = order
    const { authorized, captured, voided, refunded } = ledger.get(orderId)!
    const [kept, due] = [captured - refunded, dueFor(order)]
    const held = authorized - voided - captured
    return [
      ...(kept === due ? [] : [{ orderId, says: `captured − refunded is ${kept}, not ${due}` }]),
      ...(held === 0 ? [] : [{ orderId, says: `${held} stays authorized` }]),
    ].map(({ says }) => ({ orderId, says: `order ${orderId} (${status}): ${says}` }))
  })
  return { settled: settled.length, wrong }
}

/** Whether the read model does not know yet what the order's owner does: then the ledger may be ahead of it, too. */
export const isBehind = ({ returns = [] }: PricedOrder, known: readonly Return[]): boolean =>
  known.length !== returns.length ||
  known.some(({ returnId, status }) => returns.find((each) => each.returnId === returnId)?.status !== status)

export const moneyCheck = ({ settled, wrong }: MoneyVerdict): Check => {
  const promise =
    'Captured − refunded at the provider is the price of what customers keep, and nothing stays authorized'
  return found(
    { name: 'money', promise, unit: 'settled orders' },
    settled,
    wrong.map(({ says }) => says),
  )
}

/** What belongs to an order once is there once. */
export const effectsCheck = (effects: readonly OrderEffects[]): Check => {
  const wrong = effects.flatMap(({ orderId, doubled }) =>
    doubled.map(({ what, times }) => `order ${orderId}: ${what} ${times} times`),
  )
  const of = effects.reduce((sum, { effects }) => sum + effects, 0)
  const promise = 'Each payment, parcel and mail of an order is there once'
  return found({ name: 'effects', promise, unit: 'effects outside' }, of, wrong)
}

/** Ended, and no return of it under way. */
const isSettled = ({ status, updatedAt, returns = [] }: PricedOrder, now: number): boolean =>
  ENDS.has(status) &&
  now - Date.parse(updatedAt) > SETTLED_AFTER_MS &&
  returns.every(({ returned }) => returned !== undefined)

const dueFor = ({ status, total, items }: PricedOrder): number =>
  status === 'completed'
    ? total.amount - items.reduce((sum, { unitPrice, returned = 0 }) => sum + unitPrice.amount * returned, 0)
    : 0
