import { streamKind } from '#libs/decider'
import { orderDecider } from './decide.ts'
import { fulfilmentSaga } from './fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import type { Order, OrderEvent } from './order.ts'
import { returnSaga } from './returns/return-saga.ts'
import type { ReturnHandling, ReturnSagaEvent } from './returns/return-state.ts'
import { fulfilmentStates, returnStates } from './versions.ts'

const steps = {
  StepStarted: true,
  StepSucceeded: true,
  StepFailed: true,
  StepRetryScheduled: true,
  StepStuck: true,
  StepRetryRequested: true,
  StepSkipped: true,
} as const
const tracking = { TrackingRequested: true, TrackingResumed: true, ParcelOverdue: true } as const

export const streamKinds = [
  streamKind<Order, OrderEvent>('order', orderDecider, {
    ...{ OrderPlaced: true, OrderConfirmed: true, OrderShipped: true, OrderCompleted: true, OrderRejected: true },
    ...{ OrderCancellationRequested: true, OrderCancellationRefused: true, OrderCancelled: true },
    ...{ ReturnRequested: true, ReturnLabelIssued: true, ReturnReceived: true, ReturnInspected: true },
    ReturnEnded: true,
  }),
  streamKind<Fulfilment, FulfilmentEvent>(
    'saga',
    fulfilmentSaga,
    {
      ...{ FulfilmentStarted: true, PivotReached: true, ...steps, ...tracking },
      ...{ ParcelBooked: true, ParcelDispatched: true, ParcelDelivered: true },
      ...{ UndoStarted: true, UndoGivenUp: true, FulfilmentCompleted: true, FulfilmentUndone: true },
    },
    fulfilmentStates,
  ),
  streamKind<ReturnHandling, ReturnSagaEvent>(
    'saga-return',
    returnSaga,
    {
      ...{ ReturnStarted: true, ...steps, ...tracking, LabelIssued: true, ParcelLost: true, ParcelInspected: true },
      ...{ UndoStarted: true, UndoGivenUp: true, ReturnEnded: true },
    },
    returnStates,
  ),
]
