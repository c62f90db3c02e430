import { z } from 'zod'
import { drawFor } from '../draw.ts'

const text = (max: number) => z.string().trim().min(1).max(max)

const place = { line1: text(200), city: text(200), postalCode: text(20), country: text(60) }
/** The label has the family name first where it is told apart. */
export const address = z.union([
  z.strictObject({ givenName: text(200), familyName: text(200).optional(), ...place }),
  z.strictObject({ name: text(200), ...place }),
])
export const lines = z
  .array(z.strictObject({ sku: text(64), quantity: z.int().min(1) }))
  .min(1)
  .max(1_000)

export const booking = z.strictObject({
  orderId: text(64),
  address,
  lines,
  callbackUrl: z.url({ protocol: /^https?$/, error: 'an http URL' }),
})
export type Booking = z.infer<typeof booking>

/** A parcel that the customer hands over; `address` is where. */
export const returnBooking = booking.extend({ returnId: text(64) })
export type ReturnBooking = z.infer<typeof returnBooking>

/** As recorded when it was booked: the future of a shipment is decided then. Times are ms since the epoch. */
export interface BookedShipment {
  readonly shipmentId: string
  readonly trackingNumber: string
  readonly orderId: string
  readonly callbackUrl: string
  readonly bookedAt: number
  readonly dispatchAt: number
  readonly deliverAt: number
  /** Of a parcel that comes back: which return it is for, and what is in it, as JSON. */
  readonly returnId?: string | null
  readonly lines?: string | null
  /** 1 when it will not arrive. */
  readonly lost?: number
  /** Of whoever booked it, who is given it back with each event: https://www.w3.org/TR/trace-context/. */
  readonly traceparent?: string | null | undefined
}

export interface Shipment extends BookedShipment {
  /** Grows with each booking. */
  readonly id: number
  /** 1 when it is. */
  readonly cancelled: number
  /** How many of its events the callback has acknowledged. */
  readonly acknowledged: number
}

export type Status = 'booked' | 'dispatched' | 'delivered' | 'lost' | 'cancelled'

export interface ShipmentEvent {
  /** The same on every attempt, also after a restart. */
  readonly eventId: string
  readonly type: 'dispatched' | 'delivered' | 'lost'
  readonly shipmentId: string
  readonly orderId: string
  readonly returnId?: string
  readonly trackingNumber: string
  readonly traceparent?: string
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

/** Known to the customer as a label: it is on its way from the hand-over on, and arrives at the warehouse or not at all. */
export const bookReturn = (
  request: ReturnBooking,
  {
    handoverMs,
    returnMs,
    lost,
    ...when
  }: { id: string; now: number; handoverMs: number; returnMs: number; lost: boolean },
): BookedShipment => ({
  ...book(request, { ...when, dispatchMs: handoverMs, deliveryMs: returnMs }),
  returnId: request.returnId,
  lines: JSON.stringify(request.lines),
  lost: lost ? 1 : 0,
})

type Lines = Booking['lines']

/** What of a returned parcel is fit for the shelf. Decided by the key, line by line. */
export const inspect = (lines: Lines, idempotencyKey: string, refusalRate: number) => {
  const isRefused = ({ sku }: Lines[number]) => drawFor(`${idempotencyKey} ${sku}`) < refusalRate
  return { accepted: lines.filter((line) => !isRefused(line)), refused: lines.filter(isRefused) }
}

/** The carrier delivers nowhere near this one. */
const NOWHERE = '00000'
export const isNowhere = ({ postalCode }: Booking['address']): boolean => postalCode === NOWHERE

/** Decided by the key, so that a client asking again does not change the carrier's mind. */
export const isImpossible = ({ address }: Booking, idempotencyKey: string, impossibleRate: number): boolean =>
  isNowhere(address) || drawFor(idempotencyKey) < impossibleRate

/** Status follows from the booking and the clock, so it needs no record of its own. */
export const statusOf = ({ cancelled, dispatchAt, deliverAt, lost }: Shipment, now: number): Status => {
  if (cancelled) return 'cancelled'
  if (now < dispatchAt) return 'booked'
  if (now < deliverAt) return 'dispatched'
  return lost ? 'lost' : 'delivered'
}

/** What happened to it that its callback has not acknowledged, in order. */
export const unacknowledged = (shipment: Shipment, now: number): ShipmentEvent[] => {
  const status = statusOf(shipment, now)
  if (status === 'booked' || status === 'cancelled') return []
  const happened = [event(shipment, 'dispatched', shipment.dispatchAt)]
  if (status !== 'dispatched') happened.push(event(shipment, status, shipment.deliverAt))
  return happened.slice(shipment.acknowledged)
}

const event = (shipment: Shipment, type: ShipmentEvent['type'], at: number): ShipmentEvent => {
  const { shipmentId, orderId, returnId, trackingNumber, traceparent } = shipment
  return {
    eventId: `${shipmentId}-${type}`,
    type,
    shipmentId,
    orderId,
    ...(returnId && { returnId }),
    trackingNumber,
    ...(traceparent && { traceparent }),
    at: new Date(at).toISOString(),
  }
}
