import type { AnyMessage, MessageType } from '#libs/contracts'
import { GatheredReads, type Sql, type UnitOfWork } from '#libs/database'
import type { Projection, Rows } from '#libs/projections'
import {
  evolveProgress,
  nothingHappened,
  type OrderProgress,
  type OrderViewFact,
  orderViewFacts,
  type PlacedOrder,
  placedOrder,
  timelineHolds,
  timelineLine,
} from './fold.ts'
import { loadOrderViews, orderViews, saveOrderViews } from './tables.ts'

/** One order as its readers want it, with everything that happened to it. */
export const orders: Projection = {
  name: 'orders',
  revision: 1,
  types: new Set<MessageType>(orderViewFacts),
  tables: [orderViews],
  rows: (uow, version) => new OrderViews(uow, version),
}

/** What one unit of work makes of an order. */
export interface OrderViewChange {
  readonly orderId: string
  /** Set by the unit of work that projects order.placed. */
  placed?: PlacedOrder
  progress: OrderProgress
  /** The timeline as it was read. */
  readonly before: string
  /** The lines to add to it. */
  happened: string
}

/**
 * The order read model within one unit of work: every order that its messages touch is read once, evolved in memory by
 * all of its facts and written once. An order's timeline is its memory of messages: what has its line there has been
 * projected, and is not again.
 */
export class OrderViews implements Rows {
  readonly #reads = new GatheredReads<string>((orderIds) => this.#read(orderIds))
  readonly #views = new Map<string, OrderViewChange>()

  constructor(
    private readonly uow: UnitOfWork,
    private readonly version: number,
  ) {}

  announce(message: AnyMessage): void {
    const id = orderOf(message)
    this.#reads.announce(id, id)
  }

  prefetch(): void {
    this.#reads.send()
  }

  async apply(message: AnyMessage): Promise<void> {
    const fact = message as OrderViewFact
    this.announce(fact)
    await this.#reads.done()
    const view = this.#views.get(orderOf(fact))!
    if (timelineHolds(view.before, fact.id) || timelineHolds(view.happened, fact.id)) return
    if (fact.type === 'order.placed') view.placed = placedOrder(fact)
    view.progress = evolveProgress(view.progress, fact)
    view.happened += timelineLine(fact)
  }

  async flush(sql: Sql): Promise<void> {
    const changed = [...this.#views.values()].filter(({ happened }) => happened !== '')
    if (changed.length > 0) await saveOrderViews(sql, this.version, changed)
  }

  async #read(orderIds: readonly string[]): Promise<void> {
    for (const orderId of orderIds)
      this.#views.set(orderId, { orderId, progress: nothingHappened, before: '', happened: '' })
    for (const { orderId, progress, timeline } of await loadOrderViews(this.uow, this.version, orderIds))
      this.#views.set(orderId, { orderId, progress, before: timeline, happened: '' })
  }
}

/** As the database writes a UUID; other senders may not. */
const orderOf = (message: AnyMessage): string => (message as OrderViewFact).data.orderId.toLowerCase()
