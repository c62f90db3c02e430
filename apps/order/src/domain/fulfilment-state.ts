import type { OrderEndReason } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import { compensationSteps, forwardSteps, type OrderToFulfil, type Step } from './steps.ts'

/** What happened in the fulfilment of one order, as the saga's own stream remembers it. */
export type FulfilmentEvent =
  | { readonly type: 'FulfilmentStarted'; readonly data: OrderToFulfil }
  /** The step's command was sent; without any answer until `dueAt` it is sent again. */
  | { readonly type: 'StepStarted'; readonly data: OfStep & { readonly attempt: number; readonly dueAt: string } }
  | { readonly type: 'StepSucceeded'; readonly data: OfStep & { readonly answer: string; readonly amount?: number } }
  /** The participant's final no. Nothing took place, so there is nothing to undo. */
  | { readonly type: 'StepFailed'; readonly data: OfStep & { readonly answer: string; readonly error: string } }
  | { readonly type: 'StepRetryScheduled'; readonly data: OfStep & { readonly error: string; readonly dueAt: string } }
  /** Asked for too often: it waits for a late answer, or for a human. */
  | { readonly type: 'StepStuck'; readonly data: OfStep & { readonly error: string } }
  /** An operator has it asked for again at `dueAt`, as if for the first time. */
  | { readonly type: 'StepRetryRequested'; readonly data: OfStep & { readonly dueAt: string } }
  /** An operator vouched that it took place, and says how that is known. */
  | { readonly type: 'StepSkipped'; readonly data: OfStep & { readonly reason: string } }
  | { readonly type: 'PivotReached'; readonly data: Nothing }
  | { readonly type: 'ParcelBooked'; readonly data: ParcelNews }
  | { readonly type: 'ParcelDispatched'; readonly data: ParcelNews }
  /** Nothing was heard of the parcel: the carrier is asked, and asked again at `dueAt`. */
  | { readonly type: 'TrackingRequested'; readonly data: { readonly asked: number; readonly dueAt: string } }
  /** Asked for too often: it waits for news after all, or for a human. */
  | { readonly type: 'ParcelOverdue'; readonly data: Nothing }
  /** An operator has the carrier asked again from `dueAt` on. */
  | { readonly type: 'TrackingResumed'; readonly data: { readonly dueAt: string } }
  /** `vouchedFor`: not the carrier says so but an operator, for this reason. */
  | { readonly type: 'ParcelDelivered'; readonly data: { readonly vouchedFor?: string } }
  /** `detail`: in the words of the operator who decided it. */
  | { readonly type: 'UndoStarted'; readonly data: { readonly reason: OrderEndReason; readonly detail?: string } }
  /** The parcel turned out to have left: there is no way back any more. */
  | { readonly type: 'UndoGivenUp'; readonly data: Nothing }
  | { readonly type: 'FulfilmentCompleted'; readonly data: Nothing }
  | { readonly type: 'FulfilmentUndone'; readonly data: { readonly reason: OrderEndReason } }

interface OfStep {
  readonly step: Step
}
interface ParcelNews {
  readonly trackingNumber: string
  /** When to ask where it is unless something is heard before, ISO 8601; absent in events of earlier versions. */
  readonly trackAt?: string
}
type Nothing = Readonly<Record<string, never>>

/**
 * `failed`: the participant's final no. `abandoned`: no longer wanted while its outcome was open; whatever it did is
 * undone by a compensation. `stuck`: asked for in vain too often.
 */
export type StepStatus = 'running' | 'retrying' | 'stuck' | 'abandoned' | 'succeeded' | 'failed' | 'compensated'

export interface StepState {
  readonly status: StepStatus
  readonly attempts: number
  /** When the step is looked at again unless an answer comes before; ISO 8601. */
  readonly dueAt?: string
  readonly error?: string
  /** Why it is taken to have succeeded, where an operator vouched for it. */
  readonly vouchedFor?: string
}

export interface Fulfilment {
  readonly order?: OrderToFulfil
  readonly steps: { readonly [S in Step]?: StepState }
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

export interface Tracking {
  /** How often the carrier was asked since the parcel was last heard of. */
  readonly asked: number
  /** When it is asked next, ISO 8601; absent when it was asked too often. */
  readonly dueAt?: string
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
    case 'StepStarted': {
      const { step, attempt, dueAt } = event.data
      return withStep(state, step, { status: 'running', attempts: attempt, dueAt })
    }
    case 'StepSucceeded':
      return succeeded(state, event.data)
    case 'StepFailed':
      return withStep(state, event.data.step, { ...rested(state, event.data.step, 'failed'), error: event.data.error })
    case 'StepRetryScheduled': {
      const { step, error, dueAt } = event.data
      return withStep(state, step, { ...rested(state, step, 'retrying'), error, dueAt })
    }
    case 'StepStuck':
      return withStep(state, event.data.step, { ...rested(state, event.data.step, 'stuck'), error: event.data.error })
    case 'StepRetryRequested': {
      const { step, dueAt } = event.data
      return withStep(state, step, { ...state.steps[step], status: 'retrying', attempts: 0, dueAt })
    }
    case 'StepSkipped':
      return skipped(state, event.data)
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
      return { ...state, tracking: event.data }
    case 'TrackingResumed':
      return { ...state, tracking: { asked: 0, dueAt: event.data.dueAt } }
    case 'ParcelOverdue':
      return { ...state, tracking: { asked: state.tracking?.asked ?? 0 } }
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

/** The saga goes no further before the step has an outcome. */
export const isAwaited = (step: StepState | undefined): boolean =>
  step?.status === 'running' || step?.status === 'retrying' || step?.status === 'stuck'

const isAbandoned = (step: StepState | undefined): boolean => step?.status === 'abandoned'

/** The step's outcome is not known yet: an answer would tell something new. */
export const isOpen = (step: StepState | undefined): boolean => isAwaited(step) || isAbandoned(step)

const withStep = (state: Fulfilment, step: Step, next: StepState): Fulfilment => ({
  ...state,
  steps: { ...state.steps, [step]: next },
})

/** The step in a new status in which it waits for no particular time. */
const rested = (state: Fulfilment, step: Step, status: StepStatus): StepState => ({
  status,
  attempts: state.steps[step]?.attempts ?? 0,
})

const mapSteps = (
  state: Fulfilment,
  steps: readonly Step[],
  wanted: (step: StepState) => boolean,
  status: StepStatus,
): Fulfilment => {
  for (const step of steps) {
    const current = state.steps[step]
    if (current === undefined || !wanted(current)) continue
    const { dueAt: _, ...rest } = current
    state = withStep(state, step, { ...rest, status })
  }
  return state
}

/** What each compensation makes undone. */
const undoes: { readonly [S in Step]?: readonly Step[] } = {
  'cancel-shipment': ['ship-order'],
  'refund-payment': ['capture-payment', 'authorize-payment'],
  'void-payment': ['capture-payment', 'authorize-payment'],
  'release-stock': ['reserve-stock'],
}

const skipped = (state: Fulfilment, { step, reason }: { step: Step; reason: string }): Fulfilment =>
  concluded(state, step, { ...rested(state, step, 'succeeded'), vouchedFor: reason })

/** The step took place, and what it undoes is undone. */
const concluded = (state: Fulfilment, step: Step, outcome: StepState): Fulfilment => {
  const tookPlace = ({ status }: StepState) => status === 'succeeded' || status === 'abandoned'
  return mapSteps(withStep(state, step, outcome), undoes[step] ?? [], tookPlace, 'compensated')
}

const succeeded = (state: Fulfilment, event: { step: Step; answer: string; amount?: number }): Fulfilment => {
  const undone = concluded(state, event.step, rested(state, event.step, 'succeeded'))
  const amount = event.amount ?? 0
  switch (event.answer) {
    case 'payment.authorized':
      return { ...undone, paid: { ...undone.paid, authorized: amount } }
    case 'payment.captured':
      return { ...undone, paid: { ...undone.paid, captured: amount } }
    case 'payment.refunded':
      return { ...undone, paid: { ...undone.paid, refunded: amount } }
    default:
      return undone
  }
}
