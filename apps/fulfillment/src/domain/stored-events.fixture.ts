import { expect } from 'vitest'
import type { StoredEvents } from '#libs/testing'
import { shipmentDecider } from './decide.ts'
import { returnDecider } from './decide-return.ts'
import { type Readiness, type ReadinessEvent, readinessDecider } from './readiness.ts'
import type { ReturnEvent, ReturnParcel } from './return-parcel.ts'
import type { Shipment, ShipmentEvent } from './shipment.ts'

const about = { orderId: 'ae0e8d2a-88a8-44c0-893e-f7bdd7d8e061', customerId: 'cust-0001' }
const aboutReturn = { ...about, returnId: '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90' }
const place = { line1: 'Storgatan 1', city: 'Umeå', postalCode: '903 26', country: 'SE' }
const address = { givenName: 'Ada Maria', familyName: 'Lindqvist', ...place }
const sealed = {
  sealed: 'personal.v1.cust-0001.pdSsCvLCJJxVgYvUQkGwdvvFmHhOpVmqFbyyLQbvRkuIXn0Mzv2-Xw',
  country: 'SE',
}
const inAnyVersion = expect.toBeOneOf([address, sealed])
const lines = [{ sku: 'MUG-WHITE-330', quantity: 2 }]
const parcel = { shipmentId: 'shp_b7e7640b7eb446f5', trackingNumber: 'WBB7E7640B7EB446F5' }

const booked = ['BookingRequested', 'Booked'] as const

export const shipmentEvents: StoredEvents<Shipment, ShipmentEvent> = {
  evolution: shipmentDecider,
  first: {
    BookingRequested: { ...about, address: { name: 'Ada Maria Lindqvist', ...place }, lines },
    Booked: parcel,
    BookingRefused: { code: 'no_such_place' },
    BookingFailed: { reason: 'timeout' },
    CancellationRemembered: {},
    CancellationRequested: {},
    Cancelled: about,
    CancellationRefused: {},
    CancellationFailed: { reason: 'error' },
    TrackingRequested: {},
    Dispatched: parcel,
    Delivered: parcel,
    AnswerRepeated: {},
  },
  later: [
    { BookingRequested: { ...about, address, lines } },
    { BookingRequested: { ...about, address: sealed, lines } },
  ],
  streams: [
    {
      types: [...booked, 'TrackingRequested', 'Dispatched', 'Delivered'],
      is: { status: 'delivered', address: inAnyVersion, parcel },
    },
    { types: ['BookingRequested', 'BookingRefused', 'AnswerRepeated'], is: { status: 'impossible', ...about } },
    {
      types: ['BookingRequested', 'BookingFailed'],
      is: { status: 'booking_unknown', address: inAnyVersion, reason: 'timeout' },
    },
    {
      types: ['BookingRequested', 'CancellationRemembered', 'Booked', 'CancellationRequested', 'Cancelled'],
      is: { status: 'cancelled', ...about },
    },
    {
      types: [...booked, 'CancellationRequested', 'CancellationRefused'],
      is: { status: 'booked', address: inAnyVersion, parcel },
    },
    {
      types: [...booked, 'CancellationRequested', 'CancellationFailed'],
      is: { status: 'cancellation_unknown', address: inAnyVersion, parcel, reason: 'error' },
    },
  ],
}

const labelled = ['LabelRequested', 'LabelIssued'] as const

export const returnEvents: StoredEvents<ReturnParcel, ReturnEvent> = {
  evolution: returnDecider,
  first: {
    LabelRequested: { ...aboutReturn, address, lines },
    LabelIssued: parcel,
    LabelRefused: { code: 'no_such_place' },
    LabelFailed: { reason: 'timeout' },
    CancellationRemembered: {},
    CancellationRequested: {},
    Cancelled: aboutReturn,
    CancellationRefused: {},
    CancellationFailed: { reason: 'error' },
    TrackingRequested: {},
    Received: parcel,
    Lost: {},
    InspectionRequested: {},
    Inspected: { accepted: lines, refused: [] },
    InspectionFailed: { reason: 'timeout' },
    AnswerRepeated: {},
  },
  later: [{ LabelRequested: { ...aboutReturn, address: sealed, lines } }],
  streams: [
    {
      types: [...labelled, 'TrackingRequested', 'Received', 'InspectionRequested', 'Inspected', 'AnswerRepeated'],
      is: { status: 'inspected', ...aboutReturn, parcel, accepted: lines, refused: [] },
    },
    {
      types: [...labelled, 'Received', 'InspectionRequested', 'InspectionFailed'],
      is: { status: 'inspection_unknown' },
    },
    { types: ['LabelRequested', 'LabelRefused'], is: { status: 'impossible', code: 'no_such_place' } },
    { types: ['LabelRequested', 'LabelFailed'], is: { status: 'label_unknown', reason: 'timeout' } },
    { types: [...labelled, 'Lost'], is: { status: 'lost', ...aboutReturn } },
    {
      types: ['LabelRequested', 'CancellationRemembered', 'LabelIssued', 'CancellationRequested', 'Cancelled'],
      is: { status: 'cancelled', ...aboutReturn },
    },
    { types: [...labelled, 'CancellationRequested', 'CancellationRefused'], is: { status: 'labelled', parcel } },
    {
      types: [...labelled, 'CancellationRequested', 'CancellationFailed'],
      is: { status: 'cancellation_unknown', parcel },
    },
  ],
}

export const readinessEvents: StoredEvents<Readiness, ReadinessEvent> = {
  evolution: readinessDecider,
  first: { AddressHeard: { address }, ReservationHeard: { lines }, CaptureHeard: {} },
  later: [{ AddressHeard: { address: sealed } }],
  streams: [
    { types: ['CaptureHeard', 'AddressHeard', 'ReservationHeard'], is: { address: inAnyVersion, lines, isPaid: true } },
  ],
}
