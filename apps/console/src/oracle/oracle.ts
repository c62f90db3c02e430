import { Problem } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import { type Forwarder, LOOK } from '../forwarder.ts'
import { queryString } from '../gathered.ts'
import type { ServiceName } from '../services.ts'
import { type Check, found } from './check.ts'
import { keyOrderCheck } from './key-order.ts'
import {
  effectsCheck,
  isBehind,
  judgeMoney,
  moneyCheck,
  type OrderEffects,
  type PricedOrder,
  type Return,
} from './money.ts'
import { readFacts } from './read-facts.ts'

/** An order has a few seconds under way; after this it is not under way but lost. */
const LONGEST_UNDER_WAY_MS = 5 * 60_000
const PAGES = 3
const PAGE_SIZE = 200
/** Orders that look wrong and of which the owner is asked in one look. */
const MOST_SUSPECTS = 100

export interface OracleAnswer {
  readonly checkedAt: string
  readonly checks: readonly Check[]
  /** Checks that could not be made, and why. */
  readonly missing: readonly { readonly name: Check['name']; readonly detail: string }[]
}

type RecentOrder = PricedOrder & { readonly placedAt: string }

/**
 * Holds the system to its promises while it runs, by what its owners and the world outside it know: the newest orders,
 * the provider's own ledger, the events of the stock, the topics. Each check asks a bounded amount, and one that cannot
 * be made costs the others nothing.
 */
export class Oracle {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly reader: TopicReader,
  ) {}

  async look(): Promise<OracleAnswer> {
    const orders = this.#orders()
    const effects = orders.then((known) => this.#effects(known))
    const asked: Readonly<Record<Check['name'], Promise<Check>>> = {
      ends: this.#ends(),
      money: Promise.all([orders, effects]).then(([known, done]) => this.#money(known, done)),
      stock: this.#stock(),
      effects: effects.then(effectsCheck),
      'key-order': orders.then((known) => this.#keyOrder(known)),
    }
    const names = Object.keys(asked) as Check['name'][]
    const outcomes = await Promise.allSettled(names.map((name) => asked[name]))
    return {
      checkedAt: new Date().toISOString(),
      checks: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
      missing: outcomes.flatMap((outcome, i) =>
        outcome.status === 'rejected' ? [{ name: names[i]!, detail: (outcome.reason as Error).message }] : [],
      ),
    }
  }

  async #ends(): Promise<Check> {
    const startedBefore = new Date(Date.now() - LONGEST_UNDER_WAY_MS).toISOString()
    const filter = { type: 'fulfilment', startedBefore }
    const { items, total } = await this.#get<{ items: { state: string; count: number }[]; total: number }>(
      'order',
      `/sagas/counts${queryString(filter)}`,
    )
    const open = items.filter(({ state, count }) => count > 0 && state !== 'completed' && state !== 'compensated')
    const pages = await Promise.all(
      open.map(({ state }) =>
        this.#get<{ items: { orderId: string }[] }>('order', `/sagas${queryString({ ...filter, state, limit: 5 })}`),
      ),
    )
    const sample = pages.flatMap(({ items }, i) =>
      items.map(({ orderId }) => `order ${orderId} is ${open[i]!.state.replace('_', ' ')}`),
    )
    const promise = 'Every order comes to one end'
    const check = found({ name: 'ends', promise, unit: 'orders older than 5 minutes' }, total, sample)
    return { ...check, violations: open.reduce((sum, { count }) => sum + count, 0) }
  }

  /**
   * Whoever asked the read model first and then the provider may find a refund of a return that the read model has not
   * heard of. So of each order that looks wrong its owner is asked, last, and it is left to the next look where the owner
   * knows more.
   */
  async #money(orders: readonly RecentOrder[], effects: readonly OrderEffects[]): Promise<Check> {
    const now = Date.now()
    const suspects = new Set(judgeMoney(orders, effects, now).wrong.map(({ orderId }) => orderId))
    const behind = new Set(
      await Promise.all(
        orders
          .filter(({ orderId }) => suspects.has(orderId))
          .slice(0, MOST_SUSPECTS)
          .map(async (order) => {
            const { items } = await this.#get<{ items: Return[] }>('order', `/orders/${order.orderId}/returns`)
            return isBehind(order, items) ? order.orderId : undefined
          }),
      ),
    )
    return moneyCheck(
      judgeMoney(
        orders.filter(({ orderId }) => !behind.has(orderId)),
        effects,
        now,
      ),
    )
  }

  async #stock(): Promise<Check> {
    const { proved, wrong, sample } = await this.#get<{ proved: number; wrong: number; sample: string[] }>(
      'inventory',
      '/internal/oracle/stock',
    )
    const promise = 'Each level of stock is what its events add up to, covers what orders hold, and is never negative'
    return { ...found({ name: 'stock', promise, unit: 'products' }, proved, sample), violations: wrong }
  }

  async #keyOrder(orders: readonly RecentOrder[]): Promise<Check> {
    const oldest = Math.min(Date.now(), ...orders.map(({ placedAt }) => Date.parse(placedAt)))
    return keyOrderCheck(await readFacts(this.reader, new Set(orders.map(({ orderId }) => orderId)), oldest))
  }

  /** The newest ones. */
  async #orders(): Promise<RecentOrder[]> {
    const orders: RecentOrder[] = []
    let cursor: string | undefined
    for (let page = 0; page < PAGES; page++) {
      const { items, nextCursor } = await this.#get<{ items: RecentOrder[]; nextCursor: string | null }>(
        'query',
        `/orders${queryString({ limit: PAGE_SIZE, cursor })}`,
      )
      orders.push(...items)
      if (nextCursor === null) break
      cursor = nextCursor
    }
    return orders
  }

  async #effects(orders: readonly RecentOrder[]): Promise<OrderEffects[]> {
    const body = Buffer.from(JSON.stringify({ orderIds: orders.map(({ orderId }) => orderId) }))
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', path: '/internal/oracle/effects', headers, body }
    const answer = await this.forwarder.forward('simulators', asked, LOOK)
    if (answer.status !== 200) throw new Problem(502, { detail: `the simulators answered ${answer.status}` })
    return (JSON.parse(answer.body.toString('utf8')) as { items: OrderEffects[] }).items
  }

  #get<T>(service: ServiceName, path: string): Promise<T> {
    return this.forwarder.get<T>(service, path, LOOK)
  }
}
