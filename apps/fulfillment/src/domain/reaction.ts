import type { DataOf, MessageTypeOn, PersonalAddress, StockLine } from '#libs/contracts'
import type { Shipment, ShipmentEvent } from './shipment.ts'

type FactType = MessageTypeOn<'shipments'>
export type Fact = { [T in FactType]: { readonly type: T; readonly data: DataOf<T> } }[FactType]

/** What the carrier is asked. */
export interface CarrierCalls {
  book: { readonly orderId: string; readonly address: PersonalAddress; readonly lines: readonly StockLine[] }
  cancel: { readonly orderId: string; readonly shipmentId: string }
  track: { readonly orderId: string; readonly shipmentId: string }
}
export type Operation = keyof CarrierCalls
export type CarrierCall = { [O in Operation]: { readonly kind: O; readonly payload: CarrierCalls[O] } }[Operation]

/** What has to follow an event outside of the shipment itself. */
export type Reaction = { readonly call: CarrierCall } | { readonly fact: Fact } | undefined

/**
 * Every state is either waiting for the carrier or has something to say: entering it makes the call or publishes the
 * fact. `shipment` is the state after the event.
 */
export const reactionTo = (event: ShipmentEvent, shipment: Shipment): Reaction => {
  if (shipment.status === 'none' || event.type === 'CancellationRemembered') return undefined
  const { orderId, customerId } = shipment
  const about = { orderId, customerId }
  if (event.type === 'TrackingRequested') return trackingCall(shipment)
  if (event.type === 'CancellationRefused') return { fact: { type: 'shipment.cancellation-refused', data: about } }
  switch (shipment.status) {
    case 'booking':
      return { call: { kind: 'book', payload: { orderId, address: shipment.address, lines: shipment.lines } } }
    case 'cancelling':
      return { call: { kind: 'cancel', payload: { orderId, shipmentId: shipment.parcel.shipmentId } } }
    case 'booking_unknown':
      return { fact: { type: 'shipment.failed', data: { ...about, operation: 'ship', reason: shipment.reason } } }
    case 'cancellation_unknown':
      return { fact: { type: 'shipment.failed', data: { ...about, operation: 'cancel', reason: shipment.reason } } }
    case 'booked':
      return { fact: { type: 'shipment.booked', data: { ...about, ...shipment.parcel } } }
    case 'impossible':
      return { fact: { type: 'shipment.impossible', data: { ...about, code: shipment.code } } }
    case 'cancelled':
      return { fact: { type: 'shipment.cancelled', data: about } }
    case 'dispatched':
      return { fact: { type: 'shipment.dispatched', data: { ...about, ...shipment.parcel } } }
    case 'delivered':
      return { fact: { type: 'shipment.delivered', data: { ...about, ...shipment.parcel } } }
  }
}

const trackingCall = (shipment: Exclude<Shipment, { status: 'none' }>): Reaction => {
  if (!('parcel' in shipment) || shipment.parcel === undefined) return undefined
  return { call: { kind: 'track', payload: { orderId: shipment.orderId, shipmentId: shipment.parcel.shipmentId } } }
}
