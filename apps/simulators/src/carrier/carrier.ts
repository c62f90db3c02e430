import { type Answer, type Answered, Answers } from '../answers.ts'
import { drawFor } from '../draw.ts'
import { randomId } from '../random-id.ts'
import { CARRIER_DEFAULTS, type CarrierSettings } from '../settings.ts'
import { importJournal } from '../store/import-journal.ts'
import { StoredSettings } from '../store/settings.ts'
import type { Store } from '../store/store.ts'
import {
  type BookedShipment,
  type Booking,
  book,
  bookReturn,
  inspect,
  isImpossible,
  type ReturnBooking,
  type Shipment,
  statusOf,
} from './shipment.ts'
import { Shipments } from './shipments.ts'
import { Webhooks } from './webhooks.ts'

/** A line of the journal of earlier versions. */
type Entry =
  | (Answered & { readonly booked?: BookedShipment })
  | (Answered & { readonly cancelled?: string })
  | { readonly acknowledged: readonly string[] }
  | { readonly settings: CarrierSettings }

/**
 * The carrier: takes bookings, and tells their callbacks what happens as time passes. A shipment's status follows from
 * its booking and the clock; stored are bookings, cancellations, and how many events were acknowledged.
 */
export class Carrier {
  readonly settings
  readonly #shipments
  readonly #answers
  readonly #webhooks

  private constructor(store: Store, secrets: readonly string[]) {
    this.settings = new StoredSettings(store, 'carrier', CARRIER_DEFAULTS)
    this.#shipments = new Shipments(store)
    this.#answers = new Answers(store, 'carrier')
    this.#webhooks = new Webhooks(store, this.#shipments, {
      secrets,
      isLost: () => Math.random() < this.settings.current.webhookLossRate,
    })
  }

  /**
   * @param journal where an earlier version kept its entries.
   * @param secrets that its reports are signed with; without any they are not.
   */
  static async open(store: Store, journal: string, secrets: readonly string[] = []): Promise<Carrier> {
    const carrier = new Carrier(store, secrets)
    await importJournal<Entry>(store, journal, (entry) => carrier.#restore(entry))
    carrier.#webhooks.wake(Date.now())
    return carrier
  }

  async book(idempotencyKey: string, booking: Booking, traceparent?: string): Promise<Answer> {
    const { impossibleRate, dispatchMs, deliveryMs } = this.settings.current
    const answer = await this.#once(idempotencyKey, booking, () => {
      if (isImpossible(booking, idempotencyKey, impossibleRate))
        return { status: 422, code: 'impossible', detail: 'the carrier cannot deliver to this address' }
      const booked = book(booking, { id: randomId(16), now: Date.now(), dispatchMs, deliveryMs })
      this.#shipments.insert({ ...booked, traceparent })
      const { shipmentId, trackingNumber } = booked
      return { status: 201, body: { shipmentId, trackingNumber, status: 'booked' } }
    })
    // In a later turn, so that the answer is on its way before the first event is.
    setImmediate(() => this.#webhooks.wake(Date.now() + dispatchMs))
    return answer
  }

  /** A label for a parcel that comes back; from then on it is a shipment like others. */
  async issueLabel(idempotencyKey: string, request: ReturnBooking, traceparent?: string): Promise<Answer> {
    const { returnImpossibleRate, returnLossRate, handoverMs, returnMs } = this.settings.current
    const answer = await this.#once(idempotencyKey, request, () => {
      if (isImpossible(request, idempotencyKey, returnImpossibleRate))
        return { status: 422, code: 'impossible', detail: 'the carrier fetches nothing from this address' }
      const lost = drawFor(`${idempotencyKey} lost`) < returnLossRate
      const chance = { id: randomId(16), now: Date.now(), handoverMs, returnMs, lost }
      const booked = bookReturn(request, chance)
      this.#shipments.insert({ ...booked, traceparent })
      const { shipmentId, trackingNumber } = booked
      return { status: 201, body: { shipmentId, trackingNumber, status: 'booked' } }
    })
    setImmediate(() => this.#webhooks.wake(Date.now() + handoverMs))
    return answer
  }

  /** What the return centre finds in a parcel that has arrived. */
  inspect(idempotencyKey: string, shipmentId: string): Promise<Answer> {
    return this.#answers.once(idempotencyKey, { inspect: shipmentId }, () => {
      const shipment = this.#shipments.find(shipmentId)
      if (!shipment?.lines) return { status: 404, code: 'unknown_return', detail: 'no such returned parcel' }
      const status = statusOf(shipment, Date.now())
      if (status !== 'delivered') return { status: 409, code: 'not_arrived', detail: `the parcel is ${status}` }
      const { inspectionRefusalRate } = this.settings.current
      return { status: 200, body: inspect(JSON.parse(shipment.lines), idempotencyKey, inspectionRefusalRate) }
    })
  }

  cancel(idempotencyKey: string, shipmentId: string): Promise<Answer> {
    return this.#answers.once(idempotencyKey, { cancel: shipmentId }, () => {
      const shipment = this.#shipments.find(shipmentId)
      const answer = cancellation(shipment, Date.now())
      if (answer.status === 200) this.#shipments.cancel(shipmentId)
      return answer
    })
  }

  /** Every shipment of an order, up to 1,000. */
  shipmentsOf(orderId: string): Shipment[] {
    return this.#shipments.ofOrder(orderId)
  }

  shipment(shipmentId: string): Shipment | undefined {
    return this.#shipments.find(shipmentId)
  }

  /** Shipments behind `cursor`, in the order they were booked; `next` is the cursor of what follows. */
  page(cursor: number, limit: number): { items: Shipment[]; next: number | undefined } {
    const rows = this.#shipments.page(cursor, limit + 1)
    const items = rows.slice(0, limit)
    return { items, next: rows.length > limit ? items.at(-1)!.id : undefined }
  }

  stop(): Promise<void> {
    return this.#webhooks.stop()
  }

  /** Where reports go to is no part of what is booked: who was moved elsewhere, or restored there, asks for the same. */
  #once(key: string, booking: Booking, effect: () => Answer): Promise<Answer> {
    const { callbackUrl: _, ...booked } = booking
    return this.#answers.once(key, booked, effect, booking)
  }

  #restore(entry: Entry): void {
    if ('settings' in entry) this.settings.restore({ ...CARRIER_DEFAULTS, ...entry.settings })
    else if ('acknowledged' in entry) for (const id of entry.acknowledged) this.#shipments.acknowledge(id, 1)
    else {
      this.#answers.save(entry, Date.now())
      if ('booked' in entry && entry.booked) this.#shipments.insert(entry.booked)
      if ('cancelled' in entry && entry.cancelled) this.#shipments.cancel(entry.cancelled)
    }
  }
}

const cancellation = (shipment: Shipment | undefined, now: number): Answer => {
  if (!shipment) return { status: 404, code: 'unknown_shipment', detail: 'no such shipment' }
  const status = statusOf(shipment, now)
  if (status === 'booked' || status === 'cancelled')
    return { status: 200, body: { shipmentId: shipment.shipmentId, status: 'cancelled' } }
  return { status: 409, code: 'already_dispatched', detail: 'the shipment has left the warehouse' }
}
