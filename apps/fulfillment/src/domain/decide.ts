import type { DataOf, Failure } from '#libs/contracts'
import { type Decider, type Refusal, refuse, unreachable } from '#libs/decider'
import {
  type BookingAnswer,
  bookingEnded,
  type CancellationAnswer,
  type CarrierAnswer,
  cancellationEnded,
} from './carrier-answer.ts'
import { evolve, type Parcel, type Recipient, type Shipment, type ShipmentEvent } from './shipment.ts'
import { shipmentVersions } from './versions.ts'

/** Where the carrier says that a parcel is. */
export const trackedStatuses = ['booked', 'cancelled', 'dispatched', 'delivered'] as const
export type TrackingAnswer = CarrierAnswer<{ readonly status: (typeof trackedStatuses)[number] }>

export type ShipmentInput =
  | { readonly type: 'ship'; readonly data: DataOf<'shipment.ship'> }
  | { readonly type: 'cancel'; readonly data: DataOf<'shipment.cancel'> }
  /** Nothing was heard of the parcel for long. */
  | { readonly type: 'track'; readonly data: DataOf<'shipment.track'> }
  | { readonly type: 'booking_answered'; readonly answer: BookingAnswer }
  | { readonly type: 'cancellation_answered'; readonly answer: CancellationAnswer }
  | { readonly type: 'tracking_answered'; readonly answer: TrackingAnswer }
  /** The carrier reports by itself; it may repeat itself, and reports may overtake each other. */
  | { readonly type: 'reported'; readonly report: 'dispatched' | 'delivered'; readonly parcel: Parcel }

export type ShipmentRefusal = 'unexpected_answer' | 'unknown_shipment' | 'not_under_way'

type Decision = readonly ShipmentEvent[] | Refusal<ShipmentRefusal>

export const decide = (shipment: Shipment, input: ShipmentInput): Decision => {
  switch (input.type) {
    case 'ship':
      return ship(shipment, input.data)
    case 'cancel':
      return shipment.status === 'none' ? [cancelled(input.data)] : cancel(shipment)
    case 'track':
      return track(shipment)
    case 'booking_answered':
      return bookingAnswered(shipment, input.answer)
    case 'cancellation_answered':
      return cancellationAnswered(shipment, input.answer)
    case 'tracking_answered':
      return trackingAnswered(shipment, input.answer)
    case 'reported':
      return reported(shipment, input.report, input.parcel)
    default:
      return unreachable(input)
  }
}

const ship = (shipment: Shipment, data: DataOf<'shipment.ship'>): Decision => {
  switch (shipment.status) {
    case 'none':
    case 'booking_unknown':
      return [{ type: 'BookingRequested', data }]
    case 'booking':
    case 'cancelling':
      return []
    default:
      return [{ type: 'AnswerRepeated', data: {} }]
  }
}

type Known = Exclude<Shipment, { status: 'none' }>

const cancel = (shipment: Known): readonly ShipmentEvent[] => {
  switch (shipment.status) {
    case 'booking':
      return shipment.cancel ? [] : [{ type: 'CancellationRemembered', data: {} }]
    case 'booked':
      return [{ type: 'CancellationRequested', data: {} }]
    case 'booking_unknown':
      return askAgainThenCancel(shipment)
    case 'cancellation_unknown':
      return shipment.parcel === undefined
        ? askAgainThenCancel(shipment)
        : [{ type: 'CancellationRequested', data: {} }]
    case 'impossible':
      return [cancelled(shipment)]
    case 'cancelling':
      return []
    case 'cancelled':
      return [{ type: 'AnswerRepeated', data: {} }]
    case 'dispatched':
    case 'delivered':
      return shipment.cancelling ? [] : [{ type: 'CancellationRefused', data: {} }]
    default:
      return unreachable(shipment)
  }
}

/** Whether it was booked, and as what, is what the carrier says when it is asked to book the same once more. */
const askAgainThenCancel = ({
  orderId,
  customerId,
  address,
  lines,
}: DataOf<'shipment.ship'>): readonly ShipmentEvent[] => [
  { type: 'BookingRequested', data: { orderId, customerId, address, lines } },
  { type: 'CancellationRemembered', data: {} },
]

const cancelled = ({ orderId, customerId }: Recipient): ShipmentEvent => ({
  type: 'Cancelled',
  data: { orderId, customerId },
})

/** What is settled is said again; while a call is under way its answer says more than this one would. */
const track = (shipment: Shipment): Decision => {
  switch (shipment.status) {
    case 'none':
      return refuse('unknown_shipment')
    case 'impossible':
    case 'cancelled':
    case 'delivered':
      return [{ type: 'AnswerRepeated', data: {} }]
    case 'booking':
    case 'booking_unknown':
    case 'cancelling':
      return []
    case 'cancellation_unknown':
      return shipment.parcel === undefined ? [] : [{ type: 'TrackingRequested', data: {} }]
    case 'booked':
    case 'dispatched':
      return [{ type: 'TrackingRequested', data: {} }]
    default:
      return unreachable(shipment)
  }
}

/** As good as a report of the carrier, where it says more than is known. Without an answer somebody will ask again. */
const trackingAnswered = (shipment: Shipment, answer: TrackingAnswer): Decision => {
  if (answer.outcome !== 'done' || !('parcel' in shipment) || shipment.parcel === undefined) return []
  const { status } = answer
  return status === 'dispatched' || status === 'delivered' ? reported(shipment, status, shipment.parcel) : []
}

const bookingAnswered = (shipment: Shipment, answer: BookingAnswer): Decision => {
  // The carrier's own report was faster than its answer.
  if (shipment.status === 'dispatched' || shipment.status === 'delivered') return []
  if (shipment.status !== 'booking') return refuse('unexpected_answer', `the shipment is ${shipment.status}`)
  const calledOff = (outcome: ShipmentEvent) => cancel(evolve(shipment, outcome) as Known)
  return bookingEnded(answer, bookingMeans, shipment.cancel ? calledOff : undefined)
}

const bookingMeans = {
  done: ({ parcel }: { readonly parcel: Parcel }): ShipmentEvent => ({ type: 'Booked', data: parcel }),
  refused: (code: string): ShipmentEvent => ({ type: 'BookingRefused', data: { code } }),
  failed: (reason: Failure): ShipmentEvent => ({ type: 'BookingFailed', data: { reason } }),
}

const cancellationAnswered = (shipment: Shipment, answer: CancellationAnswer): Decision => {
  if ((shipment.status === 'dispatched' || shipment.status === 'delivered') && shipment.cancelling)
    return [{ type: 'CancellationRefused', data: {} }]
  if (shipment.status !== 'cancelling') return refuse('unexpected_answer', `the shipment is ${shipment.status}`)
  return [cancellationEnded(answer, cancelled(shipment))]
}

/** A report says all that must have gone before: what is delivered was dispatched, what is dispatched was booked. */
const reported = (shipment: Shipment, report: 'dispatched' | 'delivered', parcel: Parcel): Decision => {
  const booked: ShipmentEvent = { type: 'Booked', data: parcel }
  const delivered: ShipmentEvent[] = report === 'delivered' ? [{ type: 'Delivered', data: parcel }] : []
  const gone: ShipmentEvent[] = [{ type: 'Dispatched', data: parcel }, ...delivered]
  switch (shipment.status) {
    case 'none':
      return refuse('unknown_shipment')
    case 'booking':
      return [booked, ...gone, ...(shipment.cancel ? tooLate : [])]
    case 'booking_unknown':
      return [booked, ...gone]
    case 'booked':
    case 'cancelling':
      return gone
    case 'cancellation_unknown':
      return [...(shipment.parcel === undefined ? [booked] : []), ...gone, ...tooLate]
    case 'dispatched':
      return delivered
    case 'delivered':
      return []
    case 'impossible':
    case 'cancelled':
      return refuse('not_under_way', `reported as ${report}, while the shipment is ${shipment.status}`)
    default:
      return unreachable(shipment)
  }
}

const tooLate: readonly ShipmentEvent[] = [{ type: 'CancellationRefused', data: {} }]

export const shipmentDecider: Decider<Shipment, ShipmentInput, ShipmentEvent, ShipmentRefusal> = {
  initial: { status: 'none' },
  decide,
  evolve,
  upcast: shipmentVersions,
}
