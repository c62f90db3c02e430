import { expect } from 'vitest'
import type { StoredEvents } from '#libs/testing'
import { orderDecider } from './decide.ts'
import { fulfilmentSaga } from './fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import type { Order, OrderEvent } from './order.ts'
import { returnSaga } from './returns/return-saga.ts'
import type { ReturnHandling, ReturnSagaEvent } from './returns/return-state.ts'

const orderId = 'ae0e8d2a-88a8-44c0-893e-f7bdd7d8e061'
const customerId = 'cust-0001'
const returnId = '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90'
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const place = { line1: 'Storgatan 1', city: 'Umeå', postalCode: '903 26', country: 'SE' }
const addressV1 = { name: 'Ada Maria Lindqvist', ...place }
const address = { givenName: 'Ada Maria', familyName: 'Lindqvist', ...place }
const sealed = {
  sealed: 'personal.v1.cust-0001.pdSsCvLCJJxVgYvUQkGwdvvFmHhOpVmqFbyyLQbvRkuIXn0Mzv2-Xw',
  country: 'SE',
}
const inAnyVersion = expect.toBeOneOf([address, sealed])
const lines = [{ sku: 'MUG-WHITE-330', quantity: 2 }]
const trackingNumber = 'WBB7E7640B7EB446F5'
const dueAt = '2026-11-27T20:57:02.554Z'
const returned = { outcome: 'completed', items: lines, refunded: eur(1780) }

const placed = {
  orderId,
  customerId,
  items: [{ ...lines[0], name: 'Stoneware mug, white, 330 ml', unitPrice: eur(890), lineTotal: eur(1780) }],
  total: eur(1780),
  payment: { token: '****' },
  coordination: 'orchestrated',
}

export const orderEvents: StoredEvents<Order, OrderEvent> = {
  evolution: orderDecider,
  first: {
    OrderPlaced: { ...placed, shippingAddress: addressV1 },
    OrderConfirmed: {},
    OrderShipped: { trackingNumber },
    OrderCompleted: {},
    OrderRejected: { reason: 'payment_declined' },
    OrderCancellationRequested: {},
    OrderCancellationRefused: {},
    OrderCancelled: { reason: 'customer_request' },
    ReturnRequested: { returnId, items: lines, reason: 'too small' },
    ReturnLabelIssued: { returnId, trackingNumber },
    ReturnReceived: { returnId },
    ReturnInspected: { returnId, accepted: lines, refused: [] },
    ReturnEnded: { returnId, ...returned },
  },
  later: [
    { OrderPlaced: { ...placed, shippingAddress: address } },
    { OrderPlaced: { ...placed, shippingAddress: sealed } },
  ],
  streams: [
    {
      types: [
        ...(['OrderPlaced', 'OrderConfirmed', 'OrderCancellationRequested', 'OrderCancellationRefused'] as const),
        ...(['OrderShipped', 'OrderCompleted', 'ReturnRequested', 'ReturnLabelIssued'] as const),
        ...(['ReturnReceived', 'ReturnInspected', 'ReturnEnded'] as const),
      ],
      is: {
        ...{ status: 'completed', details: { shippingAddress: inAnyVersion }, cancellation: 'refused', trackingNumber },
        returns: { [returnId]: { status: 'completed', end: returned } },
      },
    },
    { types: ['OrderPlaced', 'OrderRejected'], is: { status: 'rejected', reason: 'payment_declined' } },
    { types: ['OrderPlaced', 'OrderCancellationRequested', 'OrderCancelled'], is: { status: 'cancelled' } },
  ],
}

const toFulfil = { orderId, customerId, total: eur(1780), token: 'tok_ok', lines, coordination: 'orchestrated' }

/** All of one step: the order of things is the deciders' business. */
export const fulfilmentEvents: StoredEvents<Fulfilment, FulfilmentEvent> = {
  evolution: fulfilmentSaga,
  first: {
    FulfilmentStarted: { ...toFulfil, address: addressV1 },
    StepStarted: { step: 'authorize-payment', attempt: 1, dueAt },
    StepSucceeded: { step: 'authorize-payment', answer: 'payment.authorized', amount: 1780 },
    StepFailed: { step: 'authorize-payment', answer: 'payment.declined', error: 'card_declined' },
    StepRetryScheduled: { step: 'authorize-payment', error: 'timeout', dueAt },
    StepStuck: { step: 'authorize-payment', error: 'timeout' },
    StepRetryRequested: { step: 'authorize-payment', dueAt },
    StepSkipped: { step: 'authorize-payment', reason: 'seen at the provider' },
    PivotReached: {},
    ParcelBooked: { trackingNumber, trackAt: dueAt },
    ParcelDispatched: { trackingNumber },
    TrackingRequested: { asked: 1, dueAt },
    TrackingResumed: { dueAt },
    ParcelOverdue: {},
    ParcelDelivered: {},
    UndoStarted: { reason: 'customer_request' },
    UndoGivenUp: {},
    FulfilmentCompleted: {},
    FulfilmentUndone: { reason: 'payment_declined' },
  },
  later: [{ FulfilmentStarted: { ...toFulfil, address } }, { FulfilmentStarted: { ...toFulfil, address: sealed } }],
  streams: [
    {
      types: [
        ...([
          'FulfilmentStarted',
          'StepStarted',
          'StepSucceeded',
          'PivotReached',
          'UndoStarted',
          'UndoGivenUp',
        ] as const),
        ...(['ParcelBooked', 'TrackingRequested', 'ParcelOverdue', 'TrackingResumed'] as const),
        ...(['ParcelDispatched', 'ParcelDelivered', 'FulfilmentCompleted'] as const),
      ],
      is: {
        order: { ...toFulfil, address: inAnyVersion },
        parcel: 'delivered',
        trackingNumber,
        paid: { authorized: 1780 },
        ended: 'completed',
      },
    },
    {
      types: ['FulfilmentStarted', 'StepStarted', 'StepFailed', 'FulfilmentUndone'],
      is: { steps: { 'authorize-payment': { status: 'failed', error: 'card_declined' } }, ended: 'undone' },
    },
    {
      types: [
        'FulfilmentStarted',
        'StepStarted',
        'StepRetryScheduled',
        'StepStuck',
        'StepRetryRequested',
        'StepSkipped',
      ],
      is: { steps: { 'authorize-payment': { status: 'succeeded', vouchedFor: 'seen at the provider' } } },
    },
  ],
}

const started = { returnId, orderId, customerId, items: [{ ...lines[0], unitPrice: 890 }], currency: 'EUR' }

export const returnSagaEvents: StoredEvents<ReturnHandling, ReturnSagaEvent> = {
  evolution: returnSaga,
  first: {
    ReturnStarted: { ...started, address },
    StepStarted: { step: 'fetch-parcel', attempt: 1, dueAt },
    StepSucceeded: { step: 'fetch-parcel', answer: 'return.received' },
    StepFailed: { step: 'fetch-parcel', answer: 'return.impossible', error: 'no_such_place' },
    StepRetryScheduled: { step: 'fetch-parcel', error: 'timeout', dueAt },
    StepStuck: { step: 'fetch-parcel', error: 'timeout' },
    StepRetryRequested: { step: 'fetch-parcel', dueAt },
    StepSkipped: { step: 'fetch-parcel', reason: 'it stands here' },
    LabelIssued: { trackingNumber, trackAt: dueAt },
    TrackingRequested: { asked: 1, dueAt },
    TrackingResumed: { dueAt },
    ParcelOverdue: {},
    ParcelLost: {},
    ParcelInspected: { accepted: lines, refused: [] },
    UndoStarted: { detail: 'a mistake' },
    UndoGivenUp: {},
    ReturnEnded: returned,
  },
  later: [{ ReturnStarted: { ...started, address: sealed } }],
  streams: [
    {
      types: [
        ...([
          'ReturnStarted',
          'StepStarted',
          'UndoStarted',
          'UndoGivenUp',
          'LabelIssued',
          'TrackingRequested',
        ] as const),
        ...(['ParcelOverdue', 'TrackingResumed', 'StepSucceeded', 'ParcelInspected', 'ReturnEnded'] as const),
      ],
      is: {
        request: { returnId, address: inAnyVersion },
        trackingNumber,
        inspection: { accepted: lines },
        ended: 'completed',
      },
    },
    {
      types: ['ReturnStarted', 'StepStarted', 'StepRetryScheduled', 'StepStuck', 'StepRetryRequested', 'StepSkipped'],
      is: { steps: { 'fetch-parcel': { status: 'succeeded', vouchedFor: 'it stands here' } } },
    },
    { types: ['ReturnStarted', 'StepStarted', 'StepFailed'], is: { steps: { 'fetch-parcel': { status: 'failed' } } } },
    { types: ['ReturnStarted', 'LabelIssued', 'ParcelLost'], is: { lost: true } },
  ],
}

/** The state of the fulfilment saga as its row keeps it, by version. */
export const fulfilmentRows = [addressV1, address, sealed].map((address) => ({
  order: { ...toFulfil, address },
  ...{ steps: { 'authorize-payment': { status: 'running', attempts: 1, dueAt } }, pivotReached: false },
  ...{ parcel: 'none', paid: { authorized: 0, captured: 0, refunded: 0 } },
}))
