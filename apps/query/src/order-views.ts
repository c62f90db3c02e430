import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import {
  evolveProgress,
  nothingHappened,
  type OrderProgress,
  type OrderViewFact,
  type PlacedOrder,
  placedOrder,
} from './domain/order-view.ts'
import { timelineHolds, timelineLine } from './domain/timeline.ts'
import { loadOrderViews } from './sql/load-order-views.ts'
import { saveOrderViews } from './sql/save-order-views.ts'

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
export class OrderViews implements Part {
  readonly #reads = new GatheredReads<string>((orderIds) => this.#read(orderIds))
  readonly #views = new Map<string, OrderViewChange>()

  constructor(private readonly uow: UnitOfWork) {}

  announce(orderId: string): void {
    const id = canonical(orderId)
    this.#reads.announce(id, id)
  }

  prefetch(): void {
    this.#reads.send()
  }

  /** False when this very message has been projected before. */
  async apply(fact: OrderViewFact): Promise<boolean> {
    this.announce(fact.data.orderId)
    await this.#reads.done()
    const view = this.#views.get(canonical(fact.data.orderId))!
    if (timelineHolds(view.before, fact.id) || timelineHolds(view.happened, fact.id)) return false
    if (fact.type === 'order.placed') view.placed = placedOrder(fact)
    view.progress = evolveProgress(view.progress, fact)
    view.happened += timelineLine(fact)
    return true
  }

  async flush(sql: Sql): Promise<void> {
    await saveOrderViews(
      sql,
      [...this.#views.values()].filter(({ happened }) => happened !== ''),
    )
  }

  async #read(orderIds: readonly string[]): Promise<void> {
    for (const orderId of orderIds)
      this.#views.set(orderId, { orderId, progress: nothingHappened, before: '', happened: '' })
    for (const { orderId, progress, timeline } of await loadOrderViews(this.uow, orderIds))
      this.#views.set(orderId, { orderId, progress, before: timeline, happened: '' })
  }
}

/** As the database writes a UUID; other senders may not. */
const canonical = (orderId: string): string => orderId.toLowerCase()
