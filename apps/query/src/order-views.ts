import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { emptyOrderView, evolveOrderView, type OrderView, type OrderViewFact } from './domain/order-view.ts'
import { timelineLine } from './domain/timeline.ts'
import { loadOrderViews } from './sql/load-order-views.ts'
import { saveOrderViews } from './sql/save-order-views.ts'

/** What one unit of work makes of an order: its new view, and the lines to add to its timeline. */
export interface OrderViewChange {
  readonly view: OrderView
  readonly happened: string
}

/**
 * The order read model within one unit of work. Facts are only gathered while messages are handled; at the end every
 * order they touch, read once, is evolved in memory by all of its facts and written once.
 */
export class OrderViews implements Part {
  readonly #facts: OrderViewFact[] = []
  readonly #reads = new GatheredReads<string>((orderIds) => this.#read(orderIds))
  readonly #views = new Map<string, OrderView>()

  constructor(private readonly uow: UnitOfWork) {}

  announce(orderId: string): void {
    this.#reads.announce(orderId, orderId)
  }

  prefetch(): void {
    this.#reads.send()
  }

  async apply(fact: OrderViewFact): Promise<void> {
    this.announce(fact.data.orderId)
    await this.#reads.done()
    this.#facts.push(fact)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#facts.length === 0) return
    const changes = new Map<string, OrderViewChange>()
    for (const fact of this.#facts) {
      const { orderId } = fact.data
      const { view, happened } = changes.get(orderId) ?? {
        view: this.#views.get(orderId) ?? emptyOrderView(orderId),
        happened: '',
      }
      changes.set(orderId, { view: evolveOrderView(view, fact), happened: happened + timelineLine(fact) })
    }
    await saveOrderViews(sql, [...changes.values()])
  }

  async #read(orderIds: readonly string[]): Promise<void> {
    for (const view of await loadOrderViews(this.uow, orderIds)) this.#views.set(view.orderId, view)
  }
}
