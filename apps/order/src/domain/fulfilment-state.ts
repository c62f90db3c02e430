import type { OrderEndReason } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import {
  evolveStep,
  evolveTracking,
  isAbandoned,
  isAwaited,
  mapSteps,
  type StepEvent,
  type Stepwise,
  type Tracking,
  type TrackingEvent,
  type Undoes,
} from '#libs/saga-steps'
import { compensationSteps, forwardSteps, type OrderToFulfil, type Step } from './steps.ts'

/** What happened in the fulfilment of one order, as the saga's own stream remembers it. */
export type FulfilmentEvent =
  | { readonly type: 'FulfilmentStarted'; readonly data: OrderToFulfil }
  | StepEvent<Step>
  | { readonly type: 'PivotReached'; readonly data: Nothing }
  | { readonly type: 'ParcelBooked'; readonly data: ParcelNews }
  | { readonly type: 'ParcelDispatched'; readonly data: ParcelNews }
  | TrackingEvent
  /** `vouchedFor`: not the carrier says so but an operator, for this reason. */
  | { readonly type: 'ParcelDelivered'; readonly data: { readonly vouchedFor?: string } }
  /** `detail`: in the words of the operator who decided it. */
  | { readonly type: 'UndoStarted'; readonly data: { readonly reason: OrderEndReason; readonly detail?: string } }
  /** The parcel turned out to have left: there is no way back any more. */
  | { readonly type: 'UndoGivenUp'; readonly data: Nothing }
  | { readonly type: 'FulfilmentCompleted'; readonly data: Nothing }
  | { readonly type: 'FulfilmentUndone'; readonly data: { readonly reason: OrderEndReason } }

interface ParcelNews {
  readonly trackingNumber: string
  /** When to ask where it is unless something is heard before, ISO 8601; absent in events of earlier versions. */
  readonly trackAt?: string
}
type Nothing = Readonly<Record<string, never>>

export interface Fulfilment extends Stepwise<Step> {
  readonly order?: OrderToFulfil
  readonly pivotReached: boolean
  readonly trackingNumber?: string
  readonly parcel: 'none' | 'booked' | 'dispatched' | 'delivered'
  /** Of a parcel that the carrier has. */
  readonly tracking?: Tracking
  /** Why everything is being undone; absent on the way forward. */
  readonly undoing?: OrderEndReason
  readonly ended?: 'completed' | 'undone'
  /** Minor units that the payment service reported, in the currency of the order's total. */
  readonly paid: { readonly authorized: number; readonly captured: number; readonly refunded: number }
}

export const notStarted: Fulfilment = {
  steps: {},
  pivotReached: false,
  parcel: 'none',
  paid: { authorized: 0, captured: 0, refunded: 0 },
}

export const evolve = (state: Fulfilment, event: FulfilmentEvent): Fulfilment => {
  switch (event.type) {
    case 'FulfilmentStarted':
      return { ...state, order: event.data }
    case 'StepSucceeded':
      return counted(evolveStep(state, event, undoes), event.data)
    case 'StepStarted':
    case 'StepFailed':
    case 'StepRetryScheduled':
    case 'StepStuck':
    case 'StepRetryRequested':
    case 'StepSkipped':
      return evolveStep(state, event, undoes)
    case 'PivotReached':
      return { ...state, pivotReached: true }
    case 'ParcelBooked':
      // From here on it takes the carrier as long as it takes; what is asked for is where the parcel is.
      return {
        ...mapSteps(state, ['ship-order'], isAwaited, 'running'),
        parcel: 'booked',
        trackingNumber: event.data.trackingNumber,
        ...tracked(event.data),
      }
    case 'ParcelDispatched':
      return {
        ...withoutTracking(state),
        parcel: 'dispatched',
        trackingNumber: event.data.trackingNumber,
        ...tracked(event.data),
      }
    case 'TrackingRequested':
    case 'TrackingResumed':
    case 'ParcelOverdue':
      return { ...state, tracking: evolveTracking(state.tracking, event) }
    case 'ParcelDelivered':
      return { ...withoutTracking(state), parcel: 'delivered' }
    case 'UndoStarted':
      return { ...mapSteps(state, forwardSteps, isAwaited, 'abandoned'), undoing: event.data.reason }
    case 'UndoGivenUp': {
      const { undoing: _, ...forward } = mapSteps(state, compensationSteps, isAwaited, 'abandoned')
      // A booked parcel needs no asking for: it is on its way.
      return state.parcel === 'booked' ? mapSteps(forward, ['ship-order'], isAbandoned, 'running') : forward
    }
    case 'FulfilmentCompleted':
      return { ...state, ended: 'completed' }
    case 'FulfilmentUndone':
      return { ...state, ended: 'undone' }
    default:
      return unreachable(event)
  }
}

const tracked = ({ trackAt }: ParcelNews): { tracking?: Tracking } =>
  trackAt === undefined ? {} : { tracking: { asked: 0, dueAt: trackAt } }

const withoutTracking = ({ tracking: _, ...state }: Fulfilment): Fulfilment => state

/** Its participants follow facts and each other; the saga only looks on, and says what they cannot see. */
export const isChoreographed = ({ order }: Fulfilment): boolean => order?.coordination === 'choreographed'

const undoes: Undoes<Step> = {
  'cancel-shipment': ['ship-order'],
  'refund-payment': ['capture-payment', 'authorize-payment'],
  'void-payment': ['capture-payment', 'authorize-payment'],
  'release-stock': ['reserve-stock'],
}

/** What the payment service said about money. */
const counted = (state: Fulfilment, { answer, amount = 0 }: { answer: string; amount?: number }): Fulfilment => {
  switch (answer) {
    case 'payment.authorized':
      return { ...state, paid: { ...state.paid, authorized: amount } }
    case 'payment.captured':
      return { ...state, paid: { ...state.paid, captured: amount } }
    case 'payment.refunded':
      return { ...state, paid: { ...state.paid, refunded: amount } }
    default:
      return state
  }
}
