import { rowsOf, type Store } from '../store/store.ts'

/** What the world outside did for one order. Money is in minor units. */
export interface OrderEffects {
  readonly orderId: string
  readonly authorized: number
  readonly captured: number
  readonly voided: number
  readonly refunded: number
  /** Payments, parcels and mails. */
  readonly effects: number
  /** Those of them that are there more than once, though each belongs to an order once. */
  readonly doubled: readonly { readonly what: string; readonly times: number }[]
}

interface Counted {
  readonly orderId: string
  readonly what: string
  readonly times: number
  readonly amount: number
}

const SUM_OF = { authorize: 'authorized', capture: 'captured', void: 'voided', refund: 'refunded' } as const
/** What is taken back in parts may be taken back often. */
const MAY_REPEAT = new Set(['refund'])

/** What happened for some orders, by indexes. A mail about a return is about that return, of which there may be several. */
export class Effects {
  readonly #count

  constructor(store: Store) {
    this.#count = store.prepare(`
      SELECT order_id AS orderId, operation AS what, count(*) AS times, sum(amount) AS amount FROM operations
       WHERE order_id IN (SELECT value FROM json_each(?1)) AND result = 'ok' AND amount > 0 GROUP BY 1, 2
      UNION ALL
      SELECT order_id, 'parcel', count(*), 0 FROM shipments
       WHERE order_id IN (SELECT value FROM json_each(?1)) AND return_id IS NULL AND NOT cancelled GROUP BY 1, 2
      UNION ALL
      SELECT order_id, 'mail ' || (mail ->> 'kind') AS what, count(*), 0 FROM mails
       WHERE order_id IN (SELECT value FROM json_each(?1)) AND (mail ->> 'kind') NOT LIKE 'return%' GROUP BY 1, 2`)
  }

  of(orderIds: readonly string[]): OrderEffects[] {
    const counted = Map.groupBy(rowsOf<Counted>(this.#count, JSON.stringify(orderIds)), ({ orderId }) => orderId)
    return orderIds.map((orderId) => effectsOf(orderId, counted.get(orderId) ?? []))
  }
}

const effectsOf = (orderId: string, counted: readonly Counted[]): OrderEffects => {
  const sums = { authorized: 0, captured: 0, voided: 0, refunded: 0 }
  for (const { what, amount } of counted) if (what in SUM_OF) sums[SUM_OF[what as keyof typeof SUM_OF]] += amount
  return {
    ...{ orderId, ...sums },
    effects: counted.reduce((sum, { times }) => sum + times, 0),
    doubled: counted.flatMap(({ what, times }) => (times > 1 && !MAY_REPEAT.has(what) ? [{ what, times }] : [])),
  }
}
