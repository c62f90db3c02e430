import type { DataOf, Failure } from '#libs/contracts'
import { unreachable } from '#libs/decider'

/** Whose shipment it is; every fact says so. */
export interface Recipient {
  readonly orderId: string
  readonly customerId: string
}

type Request = DataOf<'shipment.ship'>

/** The carrier's names for it. */
export interface Parcel {
  readonly shipmentId: string
  readonly trackingNumber: string
}

/**
 * The shipment of one order. While a call to the carrier is under way the status is `booking` or `cancelling`. The
 * carrier also reports by itself, so a parcel may be `dispatched` before the answer to its own booking has arrived;
 * what the carrier reports wins over any answer that comes later.
 */
export type Shipment =
  | { readonly status: 'none' }
  | (Request & { readonly status: 'booking' /** Asked for meanwhile. */; readonly cancel: boolean })
  | (Request & { readonly status: 'booking_unknown'; readonly reason: Failure })
  | (Request & { readonly status: 'booked'; readonly parcel: Parcel })
  | (Recipient & { readonly status: 'impossible'; readonly code: string })
  | (Request & { readonly status: 'cancelling'; readonly parcel: Parcel })
  /** Without a parcel when not even the answer to the booking is known. */
  | (Request & { readonly status: 'cancellation_unknown'; readonly parcel?: Parcel; readonly reason: Failure })
  | (Recipient & { readonly status: 'cancelled' })
  | (Request & {
      readonly status: 'dispatched' | 'delivered'
      readonly parcel: Parcel
      /** A cancellation is under way at the carrier, and will not succeed. */
      readonly cancelling: boolean
    })

type Event<Type extends string, Data = Record<never, never>> = { readonly type: Type; readonly data: Data }

/** What happened to a shipment, as its stream `shipment-<orderId>` keeps it. */
export type ShipmentEvent =
  | Event<'BookingRequested', Request>
  | Event<'Booked', Parcel>
  | Event<'BookingRefused', { code: string }>
  | Event<'BookingFailed', { reason: Failure }>
  /** Asked for while the carrier was busy with the booking. */
  | Event<'CancellationRemembered'>
  | Event<'CancellationRequested'>
  | Event<'Cancelled', Recipient>
  | Event<'CancellationRefused'>
  | Event<'CancellationFailed', { reason: Failure }>
  /** The carrier is asked where the parcel is. */
  | Event<'TrackingRequested'>
  | Event<'Dispatched', Parcel>
  | Event<'Delivered', Parcel>
  /** Somebody asked for what is already settled and hears again how it is. */
  | Event<'AnswerRepeated'>

export const evolve = (shipment: Shipment, event: ShipmentEvent): Shipment => {
  switch (event.type) {
    case 'BookingRequested':
      return { status: 'booking', ...event.data, cancel: false }
    case 'Cancelled':
      return { status: 'cancelled', ...event.data }
    case 'CancellationRemembered':
      return shipment.status === 'booking' ? { ...shipment, cancel: true } : shipment
    case 'CancellationRefused':
      return cancellationOver(shipment)
    case 'AnswerRepeated':
    case 'TrackingRequested':
      return shipment
    case 'Dispatched':
    case 'Delivered':
      return underway(shipment, event.type === 'Dispatched' ? 'dispatched' : 'delivered', event.data)
    case 'Booked':
      return { ...requested(shipment), status: 'booked', parcel: event.data }
    case 'BookingRefused':
      return { ...recipient(shipment), status: 'impossible', ...event.data }
    case 'BookingFailed':
      return { ...requested(shipment), status: 'booking_unknown', ...event.data }
    case 'CancellationRequested':
      return { ...requested(shipment), status: 'cancelling', parcel: parcelOf(shipment) }
    case 'CancellationFailed':
      return { ...requested(shipment), ...known(shipment), status: 'cancellation_unknown', ...event.data }
    default:
      return unreachable(event)
  }
}

/** The parcel goes on its way, as far as it had come. */
const cancellationOver = (shipment: Shipment): Shipment => {
  if (shipment.status === 'dispatched' || shipment.status === 'delivered') return { ...shipment, cancelling: false }
  return { ...requested(shipment), status: 'booked', parcel: parcelOf(shipment) }
}

const underway = (shipment: Shipment, status: 'dispatched' | 'delivered', parcel: Parcel): Shipment => {
  const cancelling = shipment.status === 'cancelling' || ('cancelling' in shipment && shipment.cancelling)
  return { ...requested(shipment), status, parcel, cancelling }
}

const requested = (shipment: Shipment): Request => {
  if (!('address' in shipment)) throw new Error(`a shipment that is ${shipment.status} has no address`)
  const { orderId, customerId, address, lines } = shipment
  return { orderId, customerId, address, lines }
}

const recipient = (shipment: Shipment): Recipient => {
  const { orderId, customerId } = requested(shipment)
  return { orderId, customerId }
}

const parcelOf = (shipment: Shipment): Parcel => {
  if (!('parcel' in shipment) || shipment.parcel === undefined)
    throw new Error(`a shipment that is ${shipment.status} has no parcel`)
  return shipment.parcel
}

const known = (shipment: Shipment): { parcel?: Parcel } =>
  'parcel' in shipment && shipment.parcel !== undefined ? { parcel: shipment.parcel } : {}
