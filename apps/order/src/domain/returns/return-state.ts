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
} from '#libs/saga-steps'
import type { Inspection, ReturnEnd } from './order-returns.ts'
import type { ReturnStep, ReturnToHandle } from './return-steps.ts'

/** What happened in the handling of one return, as its saga's stream remembers it. */
export type ReturnSagaEvent =
  | { readonly type: 'ReturnStarted'; readonly data: ReturnToHandle }
  | StepEvent<ReturnStep>
  | TrackingEvent
  /** From `trackAt` on the carrier is asked where the parcel is, unless something is heard before; ISO 8601. */
  | { readonly type: 'LabelIssued'; readonly data: { readonly trackingNumber: string; readonly trackAt: string } }
  | { readonly type: 'ParcelLost'; readonly data: Nothing }
  | { readonly type: 'ParcelInspected'; readonly data: Inspection }
  /** An operator calls the return off, in these words. */
  | { readonly type: 'UndoStarted'; readonly data: { readonly detail: string } }
  /** The parcel turned out to be on its way: there is no way back any more. */
  | { readonly type: 'UndoGivenUp'; readonly data: Nothing }
  | { readonly type: 'ReturnEnded'; readonly data: ReturnEnd }

type Nothing = Readonly<Record<string, never>>

export interface ReturnHandling extends Stepwise<ReturnStep> {
  readonly request?: ReturnToHandle
  readonly trackingNumber?: string
  readonly tracking?: Tracking
  readonly lost: boolean
  readonly inspection?: Inspection
  readonly undoing: boolean
  readonly ended?: ReturnEnd['outcome']
}

export const noReturn: ReturnHandling = { steps: {}, lost: false, undoing: false }

export const evolveHandling = (state: ReturnHandling, event: ReturnSagaEvent): ReturnHandling => {
  switch (event.type) {
    case 'ReturnStarted':
      return { ...state, request: event.data }
    case 'StepStarted':
    case 'StepSucceeded':
    case 'StepFailed':
    case 'StepRetryScheduled':
    case 'StepStuck':
    case 'StepRetryRequested':
    case 'StepSkipped':
      return evolveStep(state, event)
    case 'TrackingRequested':
    case 'TrackingResumed':
    case 'ParcelOverdue':
      return { ...state, tracking: evolveTracking(state.tracking, event) }
    case 'LabelIssued': {
      const { trackingNumber, trackAt } = event.data
      // From here on it takes the customer and the carrier as long as it takes.
      const waiting = mapSteps(state, ['fetch-parcel'], isAwaited, 'running')
      return { ...waiting, trackingNumber, tracking: { asked: 0, dueAt: trackAt } }
    }
    case 'ParcelLost':
      return { ...state, lost: true }
    case 'ParcelInspected':
      return { ...state, inspection: event.data }
    case 'UndoStarted':
      return { ...mapSteps(state, ['fetch-parcel'], isAwaited, 'abandoned'), undoing: true }
    case 'UndoGivenUp': {
      const forward = { ...mapSteps(state, ['cancel-label'], isAwaited, 'abandoned'), undoing: false }
      // A parcel with a label needs no other one: it is on its way.
      return state.trackingNumber === undefined ? forward : mapSteps(forward, ['fetch-parcel'], isAbandoned, 'running')
    }
    case 'ReturnEnded':
      return { ...state, ended: event.data.outcome }
    default:
      return unreachable(event)
  }
}
