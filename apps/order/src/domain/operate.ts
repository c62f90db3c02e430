import { type Refusal, refuse, unreachable } from '#libs/decider'
import { isParcelOverdue, isTracked, proceed } from './fulfilment-saga.ts'
import { type Fulfilment, type FulfilmentEvent, isAwaited, type StepState } from './fulfilment-state.ts'
import type { Step } from './steps.ts'

/** What an operator asks of a saga, and when: ISO 8601. */
export type Operation = Asked & { readonly at: string }

export type Asked =
  /** Ask the participant again now, with fresh patience. */
  | { readonly type: 'retry'; readonly step: Step }
  /** Go on: the operator vouches that the step took place. */
  | { readonly type: 'skip'; readonly step: Step; readonly reason: string }
  /** Undo everything and cancel the order. */
  | { readonly type: 'compensate'; readonly reason: string }

export type OperationRefusal =
  | 'not_started'
  | 'already_ended'
  /** The step was never begun, or has an outcome, or is not wanted any more. */
  | 'not_waiting'
  /** The step's command is with the participant, which need not be asked again to answer it. */
  | 'under_way'
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
  const current = state.steps[step]
  const waits = current?.status === 'retrying' || current?.status === 'stuck' || hasPassed(current?.dueAt, at)
  if (waits) return { type: 'StepRetryRequested', data: { step, dueAt: at } }
  return notWaiting(step, current)
}

/** A time that has passed although the saga was not woken. */
const hasPassed = (dueAt: string | undefined, at: string): boolean => dueAt !== undefined && dueAt <= at

/**
 * The warehouse cannot refuse these two, only be late: their command waits for it in the topic whatever the saga does
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

const notWaiting = (step: Step, current: StepState | undefined): Refusal<OperationRefusal> =>
  current?.status === 'running' || current?.status === 'retrying'
    ? refuse('under_way', `${step} is ${current.status}`)
    : refuse('not_waiting', current === undefined ? `${step} was not begun` : `${step} is ${current.status}`)
