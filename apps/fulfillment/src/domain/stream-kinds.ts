import { streamKind } from '#libs/decider'
import { shipmentDecider } from './decide.ts'
import { returnDecider } from './decide-return.ts'
import { type Readiness, type ReadinessEvent, readinessDecider } from './readiness.ts'
import type { ReturnEvent, ReturnParcel } from './return-parcel.ts'
import type { Shipment, ShipmentEvent } from './shipment.ts'

const cancellation = {
  CancellationRemembered: true,
  CancellationRequested: true,
  Cancelled: true,
  CancellationRefused: true,
  CancellationFailed: true,
} as const

export const streamKinds = [
  streamKind<Shipment, ShipmentEvent>('shipment', shipmentDecider, {
    ...{ BookingRequested: true, Booked: true, BookingRefused: true, BookingFailed: true, ...cancellation },
    ...{ TrackingRequested: true, Dispatched: true, Delivered: true, AnswerRepeated: true },
  }),
  streamKind<ReturnParcel, ReturnEvent>('return', returnDecider, {
    ...{ LabelRequested: true, LabelIssued: true, LabelRefused: true, LabelFailed: true, ...cancellation },
    ...{ TrackingRequested: true, Received: true, Lost: true },
    ...{ InspectionRequested: true, Inspected: true, InspectionFailed: true, AnswerRepeated: true },
  }),
  streamKind<Readiness, ReadinessEvent>('readiness', readinessDecider, {
    ...{ AddressHeard: true, ReservationHeard: true, CaptureHeard: true },
  }),
]
