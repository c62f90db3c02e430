import { createLogger } from '#libs/observability'
import { type Answer, type Answered, Answers } from '../answers.ts'
import { Journal } from '../journal.ts'
import { randomId } from '../random-id.ts'
import { CARRIER_DEFAULTS, type CarrierSettings } from '../settings.ts'
import {
  advance,
  type BookedShipment,
  type Booking,
  book,
  isImpossible,
  nextDue,
  type Shipment,
  type ShipmentEvent,
} from './shipment.ts'
import { Webhooks } from './webhooks.ts'

type Entry =
  | (Answered & { readonly booked?: BookedShipment; readonly booking: Booking })
  | (Answered & { readonly cancelled?: string })
  | { readonly acknowledged: readonly string[] }
  | { readonly settings: CarrierSettings }

const log = createLogger('carrier')

/** The longest delay a timer of Node takes; a later due time is reached in several. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * The carrier: takes bookings, moves shipments as time passes, and tells their callbacks. All of it is replayed from
 * one journal: bookings with their due times, cancellations, and which events were acknowledged.
 */
export class Carrier {
  #settings = CARRIER_DEFAULTS
  readonly #shipments = new Map<string, Shipment>()
  readonly #shipmentsOfOrder = new Map<string, Shipment[]>()
  /** One string for an address that a hundred thousand shipments have. */
  readonly #callbackUrls = new Map<string, string>()
  readonly #answers = new Answers(async (position) => (await this.#journal.read(position)) as Entry & Answered)
  readonly #webhooks = new Webhooks((events) => this.#acknowledge(events.map(({ shipmentId }) => shipmentId)))
  #journal!: Journal<Entry>
  #stopped = false

  static async open(path: string): Promise<Carrier> {
    const carrier = new Carrier()
    carrier.#journal = await Journal.open<Entry>(path, (entry, position) => carrier.#restore(entry, position))
    for (const shipment of carrier.#shipments.values()) carrier.#advance(shipment)
    return carrier
  }

  get settings(): CarrierSettings {
    return this.#settings
  }

  async changeSettings(settings: CarrierSettings): Promise<CarrierSettings> {
    this.#settings = settings
    await this.#journal.append({ settings })
    return settings
  }

  book(idempotencyKey: string, booking: Booking): Promise<Answer> {
    return this.#answers.once(idempotencyKey, booking, async (fingerprint) => {
      const decided = this.#decide(idempotencyKey, booking)
      const position = await this.#journal.append({ idempotencyKey, fingerprint, booking, ...decided })
      if (decided.booked) {
        const shipment = this.#keep(decided.booked)
        // In a later turn, so that the answer is on its way before the first event is.
        setImmediate(() => this.#advance(shipment))
      }
      return { answer: decided.answer, position }
    })
  }

  cancel(idempotencyKey: string, shipmentId: string): Promise<Answer> {
    return this.#answers.once(idempotencyKey, { cancel: shipmentId }, async (fingerprint) => {
      const shipment = this.#shipments.get(shipmentId)
      const answer = cancellation(shipment)
      const cancels = shipment?.status === 'booked'
      if (cancels) shipment.status = 'cancelled'
      const entry = { idempotencyKey, fingerprint, answer, ...(cancels && { cancelled: shipmentId }) }
      return { answer, position: await this.#journal.append(entry) }
    })
  }

  /** Of one order or all, in the order they were booked. */
  shipments(orderId?: string): readonly Shipment[] {
    return orderId === undefined ? [...this.#shipments.values()] : (this.#shipmentsOfOrder.get(orderId) ?? [])
  }

  shipment(shipmentId: string): Shipment | undefined {
    return this.#shipments.get(shipmentId)
  }

  check(): Promise<void> {
    return this.#journal.check()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#webhooks.stop()
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  #decide(idempotencyKey: string, booking: Booking): { answer: Answer; booked?: BookedShipment } {
    const { impossibleRate, dispatchMs, deliveryMs } = this.#settings
    if (isImpossible(booking, idempotencyKey, impossibleRate))
      return { answer: { status: 422, code: 'impossible', detail: 'the carrier cannot deliver to this address' } }
    const id = randomId(16)
    const booked = book(booking, { id, now: Date.now(), dispatchMs, deliveryMs })
    const { shipmentId, trackingNumber } = booked
    return { booked, answer: { status: 201, body: { shipmentId, trackingNumber, status: 'booked' } } }
  }

  #restore(entry: Entry, position: number): void {
    if ('settings' in entry) this.#settings = { ...CARRIER_DEFAULTS, ...entry.settings }
    else if ('acknowledged' in entry) for (const id of entry.acknowledged) this.#shipments.get(id)!.acknowledged++
    else {
      this.#answers.restore(entry.idempotencyKey, position)
      if ('booked' in entry && entry.booked) this.#keep(entry.booked)
      if ('cancelled' in entry && entry.cancelled) this.#shipments.get(entry.cancelled)!.status = 'cancelled'
    }
  }

  #keep(booked: BookedShipment): Shipment {
    const callbackUrl = this.#callbackUrls.get(booked.callbackUrl) ?? booked.callbackUrl
    this.#callbackUrls.set(callbackUrl, callbackUrl)
    const shipment: Shipment = { ...booked, callbackUrl, status: 'booked', acknowledged: 0 }
    this.#shipments.set(shipment.shipmentId, shipment)
    const ofOrder = this.#shipmentsOfOrder.get(shipment.orderId)
    if (ofOrder) ofOrder.push(shipment)
    else this.#shipmentsOfOrder.set(shipment.orderId, [shipment])
    return shipment
  }

  /** Never early: what a callback was told still holds when a crash makes the next process look at the clock again. */
  #advance(shipment: Shipment): void {
    if (this.#stopped) return
    const events = advance(shipment, Date.now())
    if (events.length > 0) this.#tell(shipment.callbackUrl, events)
    const due = nextDue(shipment)
    if (due === undefined) return
    const delay = Math.min(LONGEST_TIMER, Math.max(0, due - Date.now()))
    setTimeout(() => this.#advance(shipment), delay).unref()
  }

  #tell(callbackUrl: string, events: readonly ShipmentEvent[]): void {
    const { lost = [], sent = [] } = Object.groupBy(events, () =>
      Math.random() < this.#settings.webhookLossRate ? 'lost' : 'sent',
    )
    if (sent.length > 0) this.#webhooks.push(callbackUrl, sent)
    if (lost.length === 0) return
    // Lost for good: not told after a restart either, as far as that can be recorded.
    this.#acknowledge(lost.map(({ shipmentId }) => shipmentId)).catch((error: unknown) =>
      log.warn('a lost event is not recorded', { error }),
    )
  }

  async #acknowledge(shipmentIds: readonly string[]): Promise<void> {
    for (const id of shipmentIds) this.#shipments.get(id)!.acknowledged++
    await this.#journal.append({ acknowledged: shipmentIds })
  }
}

const cancellation = (shipment: Shipment | undefined): Answer => {
  if (!shipment) return { status: 404, code: 'unknown_shipment', detail: 'no such shipment' }
  if (shipment.status === 'booked' || shipment.status === 'cancelled')
    return { status: 200, body: { shipmentId: shipment.shipmentId, status: 'cancelled' } }
  return { status: 409, code: 'already_dispatched', detail: 'the shipment has left the warehouse' }
}
