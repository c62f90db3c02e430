import type { Part, Sql } from '#libs/database'
import { emptyOrderView, evolveOrderView, type OrderView, type OrderViewFact } from './domain/order-view.ts'
import { appendTimeline } from './sql/append-timeline.ts'
import { loadOrderViews } from './sql/load-order-views.ts'
import { saveOrderViews } from './sql/save-order-views.ts'

/**
 * The order read model within one unit of work. Facts are only gathered while messages are handled; at the end every
 * order they touch is read once, evolved in memory by all of its facts and written once.
 */
export class OrderViews implements Part {
  readonly #facts: OrderViewFact[] = []

  apply(fact: OrderViewFact): void {
    this.#facts.push(fact)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#facts.length === 0) return
    const orderIds = [...new Set(this.#facts.map((fact) => fact.data.orderId))]
    const views = new Map<string, OrderView>(orderIds.map((orderId) => [orderId, emptyOrderView(orderId)]))
    for (const view of await loadOrderViews(sql, orderIds)) views.set(view.orderId, view)
    for (const fact of this.#facts) views.set(fact.data.orderId, evolveOrderView(views.get(fact.data.orderId)!, fact))
    await saveOrderViews(sql, [...views.values()])
    await appendTimeline(sql, this.#facts)
  }
}
