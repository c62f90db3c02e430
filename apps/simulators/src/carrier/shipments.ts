import { rowOf, rowsOf, type Store } from '../store/store.ts'
import type { BookedShipment, Shipment } from './shipment.ts'

const COLUMNS = `id, shipment_id AS shipmentId, tracking_number AS trackingNumber, order_id AS orderId,
  callback_url AS callbackUrl, at AS bookedAt, dispatch_at AS dispatchAt, deliver_at AS deliverAt, cancelled, acknowledged,
  return_id AS returnId, lost, lines, traceparent`

/** The distinct addresses of the index, each found by one step from the one before. */
const CALLBACKS = `
  WITH RECURSIVE callbacks (url) AS (
    SELECT min(callback_url) FROM shipments WHERE due IS NOT NULL
    UNION ALL
    SELECT (SELECT min(callback_url) FROM shipments WHERE due IS NOT NULL AND callback_url > url)
    FROM callbacks WHERE url IS NOT NULL
  )
  SELECT url, (SELECT min(due) FROM shipments WHERE due IS NOT NULL AND callback_url = url) AS due
  FROM callbacks WHERE url IS NOT NULL LIMIT 1000`

/** The carrier's shipments in the store; what writes does so within a write of the store. */
export class Shipments {
  readonly #insert
  readonly #cancel
  readonly #acknowledge
  readonly #one
  readonly #ofOrder
  readonly #page
  readonly #due
  readonly #callbacks

  constructor(store: Store) {
    this.#insert = store.prepare(`
      INSERT INTO shipments (at, shipment_id, tracking_number, order_id, callback_url, dispatch_at, deliver_at,
        return_id, lost, lines, traceparent)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#cancel = store.prepare('UPDATE shipments SET cancelled = 1 WHERE shipment_id = ?')
    this.#acknowledge = store.prepare('UPDATE shipments SET acknowledged = acknowledged + ? WHERE shipment_id = ?')
    this.#one = store.prepare(`SELECT ${COLUMNS} FROM shipments WHERE shipment_id = ?`)
    this.#ofOrder = store.prepare(`SELECT ${COLUMNS} FROM shipments WHERE order_id = ? ORDER BY id LIMIT 1000`)
    this.#page = store.prepare(`SELECT ${COLUMNS} FROM shipments WHERE id > ? ORDER BY id LIMIT ?`)
    this.#due = store.prepare(
      `SELECT ${COLUMNS} FROM shipments WHERE callback_url = ? AND due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?`,
    )
    this.#callbacks = store.prepare(CALLBACKS)
  }

  insert(shipment: BookedShipment): void {
    const { bookedAt, shipmentId, trackingNumber, orderId, callbackUrl, dispatchAt, deliverAt } = shipment
    const { returnId = null, lost = 0, lines = null, traceparent = null } = shipment
    const times = [dispatchAt, deliverAt] as const
    this.#insert.run(
      bookedAt,
      shipmentId,
      trackingNumber,
      orderId,
      callbackUrl,
      ...times,
      returnId,
      lost,
      lines,
      traceparent,
    )
  }

  cancel(shipmentId: string): void {
    this.#cancel.run(shipmentId)
  }

  acknowledge(shipmentId: string, events: number): void {
    this.#acknowledge.run(events, shipmentId)
  }

  find(shipmentId: string): Shipment | undefined {
    return rowOf<Shipment>(this.#one, shipmentId)
  }

  ofOrder(orderId: string): Shipment[] {
    return rowsOf<Shipment>(this.#ofOrder, orderId)
  }

  /** Behind the id `cursor`, in the order they were booked. */
  page(cursor: number, limit: number): Shipment[] {
    return rowsOf<Shipment>(this.#page, cursor, limit)
  }

  /** With events that happened and that their callback has not acknowledged, the earliest first. */
  due(callbackUrl: string, now: number, limit: number): Shipment[] {
    return rowsOf<Shipment>(this.#due, callbackUrl, now, limit)
  }

  /** Addresses that will be told something, and when next. */
  callbacks(): { readonly url: string; readonly due: number }[] {
    return rowsOf(this.#callbacks)
  }
}
