import type { Part, Sql, UnitOfWork } from '#libs/database'
import { aggregate } from '#libs/event-store'
import { announceAggregate } from '#libs/service'
import { changed, type StockChange, type StockLevel, type StockLevels } from './domain/stock.ts'
import { reservations } from './reservations.ts'
import { lockLevels } from './sql/lock-levels.ts'
import { saveLevels } from './sql/save-levels.ts'

/**
 * The stock as one unit of work sees and changes it. However many orders a unit of work covers and however many of
 * them want the same product, it costs three statements: read all reservations, lock all levels that any of them is
 * about, write all levels that changed.
 *
 * A release or a dispatch doesn't name its products, its reservation does: therefore the reservations are read first.
 */
export class Warehouse implements Part {
  readonly #announcedOrders = new Set<string>()
  readonly #announcedSkus = new Set<string>()
  readonly #levels = new Map<string, StockLevel | undefined>()
  readonly #dirty = new Set<string>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says which order will be decided on, and which products it asks for. */
  announce(orderId: string, skus: readonly string[]): void {
    this.#announcedOrders.add(orderId)
    announceAggregate(this.uow, reservations, orderId)
    for (const sku of skus) this.announceSku(sku)
  }

  announceSku(sku: string): void {
    if (!this.#levels.has(sku)) this.#announcedSkus.add(sku)
  }

  /** The levels of these products, locked until the end of the transaction; unknown ones are missing. */
  async levels(skus: Iterable<string>): Promise<StockLevels> {
    for (const sku of skus) this.announceSku(sku)
    if (this.#announcedSkus.size > 0) await this.#lock()
    const known = [...skus].map((sku) => this.#levels.get(sku)).filter((level) => level !== undefined)
    return new Map(known.map((level) => [level.sku, level]))
  }

  async change(changes: readonly StockChange[]): Promise<void> {
    await this.levels(changes.map(({ sku }) => sku))
    for (const change of changes) {
      const level = this.#levels.get(change.sku)
      if (level === undefined) throw new Error(`no stock level of ${change.sku}`)
      this.#levels.set(change.sku, changed(level, change))
      this.#dirty.add(change.sku)
    }
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#dirty.size === 0) return
    await saveLevels(
      sql,
      [...this.#dirty].map((sku) => this.#levels.get(sku)!),
    )
    this.#dirty.clear()
  }

  async #lock(): Promise<void> {
    for (const orderId of this.#announcedOrders) {
      const { state } = await aggregate(this.uow, reservations.decider, reservations.stream(orderId))
      if (state.status === 'reserved') for (const { sku } of state.lines) this.announceSku(sku)
    }
    this.#announcedOrders.clear()
    const skus = [...this.#announcedSkus]
    this.#announcedSkus.clear()
    for (const sku of skus) this.#levels.set(sku, undefined)
    for (const level of await lockLevels(this.uow, skus)) this.#levels.set(level.sku, level)
  }
}
