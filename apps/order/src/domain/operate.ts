import { type Refusal, refuse, unreachable } from '#libs/decider'
import {
  type Asked as AskedOf,
  hasPassed,
  isAwaited,
  notWaiting,
  type Operation as OperationOn,
  retryStep,
  type StepRefusal,
} from '#libs/saga-steps'
import { isParcelOverdue, isTracked, proceed } from './fulfilment-saga.ts'
import { type Fulfilment, type FulfilmentEvent, isChoreographed } from './fulfilment-state.ts'
import type { Step } from './steps.ts'

export type Asked = AskedOf<Step>
export type Operation = OperationOn<Step>

export type OperationRefusal =
  | 'not_started'
  | 'already_ended'
  | StepRefusal
  /** Were the word wrong, money or goods would be lost; to ask the participant again is safe. */
  | 'not_to_be_vouched_for'
  | 'already_undoing'
  /** The parcel has left, or the carrier does not give it back. */
  | 'already_dispatched'

type Decision = readonly FulfilmentEvent[] | Refusal<OperationRefusal>

/**
 * What follows from an operator's word, which may be refused, other than news. Nothing that is accepted here can lose
 * money or goods, whatever is true: a step that is asked for again takes place once, to undo is safe until the parcel
 * has left, and the operator's word is taken only where it decides about neither.
 */
export const operate = (state: Fulfilment, operation: Operation): Decision => {
  if (state.order === undefined) return refuse('not_started')
  if (state.ended !== undefined) return refuse('already_ended', `the saga is ${state.ended}`)
  const decision = first(state, operation)
  return 'refused' in decision ? decision : proceed(state, [decision], operation.at)
}

const first = (state: Fulfilment, operation: Operation): FulfilmentEvent | Refusal<OperationRefusal> => {
  switch (operation.type) {
    case 'retry':
      return retry(state, operation.step, operation.at)
    case 'skip':
      return skip(state, operation.step, operation.reason)
    case 'compensate':
      return compensate(state, operation.reason)
    default:
      return unreachable(operation)
  }
}

const retry = (state: Fulfilment, step: Step, at: string): FulfilmentEvent | Refusal<OperationRefusal> => {
  if (step === 'ship-order' && (isParcelOverdue(state) || (isTracked(state) && hasPassed(state.tracking?.dueAt, at))))
    return { type: 'TrackingResumed', data: { dueAt: at } }
  if (step === 'ship-order' && state.steps['capture-payment']?.status !== 'succeeded' && isChoreographed(state))
    return refuse('not_waiting', 'fulfillment ships by itself what is paid for, and this is not')
  return retryStep(state, step, at)
}

/**
 * The warehouse cannot refuse these two, only be late: what makes them happen waits for it in the topic whatever the saga does
 * meanwhile. Every other step decides whether money or a parcel moves.
 */
const vouchable: ReadonlySet<Step> = new Set<Step>(['dispatch-stock', 'release-stock'])

const skip = (state: Fulfilment, step: Step, reason: string): FulfilmentEvent | Refusal<OperationRefusal> => {
  // It left, was paid for, and the carrier has nothing to say for a week: all that is open is whether it arrived.
  if (step === 'ship-order' && state.parcel === 'dispatched' && isParcelOverdue(state))
    return { type: 'ParcelDelivered', data: { vouchedFor: reason } }
  const current = state.steps[step]
  if (!isAwaited(current)) return notWaiting(step, current)
  if (!vouchable.has(step)) return refuse('not_to_be_vouched_for', `retry ${step}: it takes place once, however often`)
  if (current?.status !== 'stuck') return notWaiting(step, current)
  return { type: 'StepSkipped', data: { step, reason } }
}

const compensate = (state: Fulfilment, detail: string): FulfilmentEvent | Refusal<OperationRefusal> => {
  const { parcel, undoing, steps } = state
  if (undoing !== undefined) return refuse('already_undoing', `because of ${undoing}`)
  if (parcel === 'dispatched' || parcel === 'delivered') return refuse('already_dispatched')
  if (steps['cancel-shipment']?.status === 'failed') return refuse('already_dispatched', 'the carrier says so')
  return { type: 'UndoStarted', data: { reason: 'operator_decision', detail } }
}
