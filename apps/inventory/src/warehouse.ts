import { uuidFrom } from '#libs/contracts'
import type { Part, Sql, UnitOfWork } from '#libs/database'
import { aggregate, EventStreams } from '#libs/event-store'
import { announceAggregate } from '#libs/service'
import { type Movement, moved, type ProductMovement, stockHistory, stockStream } from './domain/movements.ts'
import type { StockLevels } from './domain/stock.ts'
import { reservations } from './reservations.ts'
import { lockLevels, type StoredLevel } from './sql/lock-levels.ts'
import { saveLevels } from './sql/save-levels.ts'

/**
 * The stock as one unit of work sees and changes it. However many orders a unit of work covers and however many of
 * them want the same product, it costs three statements: read all reservations, lock all levels that any of them is
 * about, write all levels that changed.
 *
 * What was moved is one event per product, in the insert that writes the reservations' own. The locked row says which
 * version the product's stream has, so nobody reads the stream for that, and two who append to it queue up at the row.
 * Once in so many events a statement more keeps the level as a snapshot, for those who ask for the past.
 *
 * A release or a dispatch doesn't name its products, its reservation does: therefore the reservations are read first.
 */
export class Warehouse implements Part {
  readonly #announcedOrders = new Set<string>()
  readonly #announcedSkus = new Set<string>()
  readonly #levels = new Map<string, StoredLevel | undefined>()
  readonly #moved = new Map<string, Movement[]>()

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

  async move(movements: readonly ProductMovement[]): Promise<void> {
    await this.levels(movements.map(({ sku }) => sku))
    for (const { sku, movement } of movements) {
      const level = this.#levels.get(sku)
      if (level === undefined) throw new Error(`no stock level of ${sku}`)
      this.#levels.set(sku, moved(level, movement))
      const before = this.#moved.get(sku)
      if (before === undefined) this.#moved.set(sku, [movement])
      else before.push(movement)
    }
  }

  settle(): void {
    const streams = this.uow.part(EventStreams)
    for (const [sku, movements] of this.#moved) {
      const level = this.#levels.get(sku)!
      const { onHand, reserved } = level
      const stream = stockStream(sku)
      const version = level.version + 1
      // Many causes may share this event; each movement names its own.
      const messageId = uuidFrom(`${stream}/${version}`)
      const metadata = { messageId, causationId: messageId, correlationId: sku }
      streams.assure(stream, level.version)
      streams.append(stream, level.version, [{ type: 'StockMoved', data: { movements }, metadata }])
      streams.keep(stream, { onHand, reserved }, stockHistory.snapshots)
      this.#levels.set(sku, { ...level, version })
    }
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#moved.size === 0) return
    const changed = [...this.#moved.keys()].map((sku) => this.#levels.get(sku)!)
    this.#moved.clear()
    await saveLevels(sql, changed)
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
