import { hash } from 'node:crypto'
import { z } from 'zod'

const text = (max: number) => z.string().trim().min(1).max(max)

export const booking = z.strictObject({
  orderId: text(64),
  address: z.strictObject({
    name: text(200),
    line1: text(200),
    city: text(200),
    postalCode: text(20),
    country: text(60),
  }),
  lines: z
    .array(z.strictObject({ sku: text(64), quantity: z.int().min(1) }))
    .min(1)
    .max(1_000),
  callbackUrl: z.url({ protocol: /^https?$/, error: 'an http URL' }),
})
export type Booking = z.infer<typeof booking>

/** As recorded when it was booked: the future of a shipment is decided then. Times are ms since the epoch. */
export interface BookedShipment {
  readonly shipmentId: string
  readonly trackingNumber: string
  readonly orderId: string
  readonly callbackUrl: string
  readonly bookedAt: number
  readonly dispatchAt: number
  readonly deliverAt: number
}

export interface Shipment extends BookedShipment {
  /** Grows with each booking. */
  readonly id: number
  /** 1 when it is. */
  readonly cancelled: number
  /** How many of its events the callback has acknowledged. */
  readonly acknowledged: number
}

export type Status = 'booked' | 'dispatched' | 'delivered' | 'cancelled'

export interface ShipmentEvent {
  /** The same on every attempt, also after a restart. */
  readonly eventId: string
  readonly type: 'dispatched' | 'delivered'
  readonly shipmentId: string
  readonly orderId: string
  readonly trackingNumber: string
  readonly at: string
}

export const book = (
  { orderId, callbackUrl }: Booking,
  { id, now, dispatchMs, deliveryMs }: { id: string; now: number; dispatchMs: number; deliveryMs: number },
): BookedShipment => ({
  shipmentId: `shp_${id}`,
  trackingNumber: `WB${id.toUpperCase()}`,
  orderId,
  callbackUrl,
  bookedAt: now,
  dispatchAt: now + dispatchMs,
  deliverAt: now + dispatchMs + deliveryMs,
})

/** The carrier delivers nowhere near this one. */
const NOWHERE = '00000'

/** Decided by the key, so that a client asking again does not change the carrier's mind. */
export const isImpossible = ({ address }: Booking, idempotencyKey: string, impossibleRate: number): boolean => {
  const draw = Number.parseInt(hash('sha256', idempotencyKey, 'hex').slice(0, 8), 16) / 2 ** 32
  return address.postalCode === NOWHERE || draw < impossibleRate
}

/** Status follows from the booking and the clock, so it needs no record of its own. */
export const statusOf = ({ cancelled, dispatchAt, deliverAt }: Shipment, now: number): Status => {
  if (cancelled) return 'cancelled'
  if (now < dispatchAt) return 'booked'
  return now < deliverAt ? 'dispatched' : 'delivered'
}

/** What happened to it that its callback has not acknowledged, in order. */
export const unacknowledged = (shipment: Shipment, now: number): ShipmentEvent[] => {
  const status = statusOf(shipment, now)
  if (status !== 'dispatched' && status !== 'delivered') return []
  const happened = [event(shipment, 'dispatched', shipment.dispatchAt)]
  if (status === 'delivered') happened.push(event(shipment, 'delivered', shipment.deliverAt))
  return happened.slice(shipment.acknowledged)
}

const event = (shipment: Shipment, type: ShipmentEvent['type'], at: number): ShipmentEvent => {
  const { shipmentId, orderId, trackingNumber } = shipment
  return { eventId: `${shipmentId}-${type}`, type, shipmentId, orderId, trackingNumber, at: new Date(at).toISOString() }
}
