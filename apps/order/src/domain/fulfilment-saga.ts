import type { Decider } from '#libs/decider'
import {
  askAgain,
  dueTimes,
  proceed as followUp,
  hasStuckStep,
  isOverdue,
  overdueStep,
  startStep,
  trackParcel,
} from '#libs/saga-steps'
import { answer, type Fact, momentOf, outOfPatience, undoFor } from './answers.ts'
import { endOf, nextCompensation } from './compensation.ts'
import type { OrderCommand } from './decide.ts'
import { evolve, type Fulfilment, type FulfilmentEvent, isChoreographed, notStarted } from './fulfilment-state.ts'
import {
  commandFor,
  compensationSteps,
  forwardSteps,
  type OrderToFulfil,
  policyOf,
  type SagaCommand,
  type Step,
  trackCommand,
} from './steps.ts'
import { fulfilmentVersions } from './versions.ts'

/** What the saga is told; `at` is when, ISO 8601. */
export type FulfilmentInput = { readonly at: string } & (
  | { readonly type: 'start'; readonly order: OrderToFulfil }
  | { readonly type: 'cancel' }
  /** Time has passed. */
  | { readonly type: 'deadline' }
  | Fact
)

/**
 * The saga of one order: authorize ∥ reserve, then the pivot, capture, ship, dispatch; or back, newest first.
 *
 * An input is first recorded for what it says about its step. What follows is then read off the state alone, one
 * move after the other until none is left, so no order of arrival, repetition or delay needs a rule of its own.
 */
const decide = (state: Fulfilment, input: FulfilmentInput): readonly FulfilmentEvent[] => {
  if (state.ended !== undefined) return []
  return proceed(state, record(state, input), input.at)
}

/** What is recorded, and everything that follows from it. */
export const proceed = (state: Fulfilment, recorded: readonly FulfilmentEvent[], at: string) =>
  followUp(fulfilmentSaga, (now: Fulfilment) => nextMoves(now, at), state, recorded)

const record = (state: Fulfilment, input: FulfilmentInput): FulfilmentEvent[] => {
  if (input.type === 'start') return state.order === undefined ? [{ type: 'FulfilmentStarted', data: input.order }] : []
  if (state.order === undefined || input.type === 'deadline') return []
  if (input.type !== 'cancel') return answer(state, input, input.at)
  return state.undoing === undefined ? [undoFor('customer_request')] : []
}

const nextMoves = (state: Fulfilment, at: string): FulfilmentEvent[] => {
  if (state.order === undefined || state.ended !== undefined) return []
  const overdue = overdueStep(state, allSteps, at)
  if (overdue !== undefined)
    return askAgain(state, overdue, momentOf(state, at), policyOf[overdue], (error, reason) =>
      outOfPatience(state, overdue, error, reason),
    )
  // On the way back as well: a parcel that turns out to have left means that the order stands.
  const tracking = isTracked(state) ? trackParcel(state.tracking, state.order.orderId, at) : []
  if (tracking.length > 0) return tracking
  return state.undoing === undefined ? goForward(state, at) : goBack(state, at)
}

const allSteps: readonly Step[] = [...forwardSteps, ...compensationSteps]

/** The carrier has the parcel, and is not known to have given it back. */
export const isTracked = ({ parcel, steps }: Fulfilment): boolean =>
  (parcel === 'booked' || parcel === 'dispatched') && steps['cancel-shipment']?.status !== 'succeeded'

const start = (state: Fulfilment, step: Step, at: string): FulfilmentEvent[] =>
  startStep(state, step, momentOf(state, at))

const goForward = (state: Fulfilment, at: string): FulfilmentEvent[] => {
  const status = (step: Step) => state.steps[step]?.status
  if (status('authorize-payment') === undefined) return start(state, 'authorize-payment', at)
  if (status('reserve-stock') === undefined) return start(state, 'reserve-stock', at)
  if (status('authorize-payment') !== 'succeeded' || status('reserve-stock') !== 'succeeded') return []
  if (!state.pivotReached) return [{ type: 'PivotReached', data: {} }]
  // Abandoned: it was to be undone, but the parcel had left.
  const isToBegin = (step: Step) => status(step) === undefined || status(step) === 'abandoned'
  if (isToBegin('capture-payment')) return start(state, 'capture-payment', at)
  const isCaptured = status('capture-payment') === 'succeeded'
  // Who looks on does not know when the parcel is booked, nor whether it hears of that before it hears of the capture.
  if (isToBegin('ship-order') && (isCaptured || isChoreographed(state))) return start(state, 'ship-order', at)
  if (status('ship-order') !== 'succeeded') return []
  if (status('dispatch-stock') === undefined) return start(state, 'dispatch-stock', at)
  const finished = isCaptured && state.parcel === 'delivered' && status('dispatch-stock') === 'succeeded'
  return finished ? [{ type: 'FulfilmentCompleted', data: {} }] : []
}

const goBack = (state: Fulfilment, at: string): FulfilmentEvent[] => {
  const next = nextCompensation(state)
  if (next === 'wait') return []
  if (next === 'done') return [{ type: 'FulfilmentUndone', data: { reason: state.undoing! } }]
  return start(state, next, at)
}

export const fulfilmentSaga = {
  initial: notStarted,
  decide,
  evolve,
  upcast: fulfilmentVersions,
} satisfies Decider<Fulfilment, FulfilmentInput, FulfilmentEvent>

/** The command that an event carries. */
export const commandOf = (event: FulfilmentEvent, order: OrderToFulfil): SagaCommand | undefined => {
  if (event.type === 'StepStarted') return commandFor[event.data.step](order)
  return event.type === 'TrackingRequested' ? trackCommand(order) : undefined
}

/** What the order itself must be told of an event of its fulfilment. */
export const orderCommandFor = (event: FulfilmentEvent): OrderCommand | undefined => {
  switch (event.type) {
    case 'PivotReached':
      return { type: 'confirm' }
    case 'ParcelDispatched':
      return { type: 'ship', trackingNumber: event.data.trackingNumber }
    // Delivered and off the books: whoever sees the order completed finds money and stock settled.
    case 'FulfilmentCompleted':
      return { type: 'complete' }
    case 'UndoGivenUp':
      return { type: 'refuseCancellation' }
    case 'FulfilmentUndone':
      return { type: endOf[event.data.reason], reason: event.data.reason }
    default:
      return undefined
  }
}

export type FulfilmentStatus = 'running' | 'completed' | 'compensating' | 'compensated' | 'needs_attention'

/** The carrier was asked for the parcel in vain, too often. */
export const isParcelOverdue = ({ ended, tracking, steps }: Fulfilment): boolean =>
  ended === undefined && isOverdue(tracking) && steps['cancel-shipment']?.status !== 'succeeded'

export const statusOf = (state: Fulfilment): FulfilmentStatus => {
  const { ended, undoing } = state
  if (ended !== undefined) return ended === 'completed' ? 'completed' : 'compensated'
  if (isParcelOverdue(state) || hasStuckStep(state)) return 'needs_attention'
  return undoing === undefined ? 'running' : 'compensating'
}

/** When the saga is to be told that time has passed, unless something else happens before; ISO 8601. */
export const wakeAt = (state: Fulfilment): string | undefined => {
  const { ended, steps, tracking } = state
  if (ended !== undefined) return undefined
  const times = dueTimes(state)
  if (tracking?.dueAt !== undefined && steps['cancel-shipment']?.status !== 'succeeded') times.push(tracking.dueAt)
  return times.sort()[0]
}
