import { type Refusal, refuse, unreachable } from '#libs/decider'
import { hasPassed, isAwaited, notWaiting, type Operation, retryStep, type StepRefusal } from '#libs/saga-steps'
import { isReturnOverdue, isTracked, proceedReturn } from './return-saga.ts'
import type { ReturnHandling, ReturnSagaEvent } from './return-state.ts'
import type { ReturnStep } from './return-steps.ts'

export type ReturnOperationRefusal =
  | StepRefusal
  | 'not_started'
  | 'already_ended'
  /** Were the word wrong, money or goods would be lost; to ask the participant again is safe. */
  | 'not_to_be_vouched_for'
  | 'already_undoing'
  /** The parcel is on its way, or arrived, or lost: from here a return goes forward only. */
  | 'already_dispatched'

type First = ReturnSagaEvent | Refusal<ReturnOperationRefusal>

/** What follows from an operator's word about a return; nothing that is accepted can lose money or goods. */
export const operateReturn = (
  state: ReturnHandling,
  operation: Operation<ReturnStep>,
): readonly ReturnSagaEvent[] | Refusal<ReturnOperationRefusal> => {
  if (state.request === undefined) return refuse('not_started')
  if (state.ended !== undefined) return refuse('already_ended', `the return is ${state.ended}`)
  const decision = first(state, operation)
  return 'refused' in decision ? decision : proceedReturn(state, [decision], operation.at)
}

const first = (state: ReturnHandling, operation: Operation<ReturnStep>): First => {
  switch (operation.type) {
    case 'retry':
      return retry(state, operation.step, operation.at)
    case 'skip':
      return skip(state, operation.step, operation.reason)
    case 'compensate':
      return callOff(state, operation.reason)
    default:
      return unreachable(operation)
  }
}

const retry = (state: ReturnHandling, step: ReturnStep, at: string): First => {
  const waits = isReturnOverdue(state) || (isTracked(state) && hasPassed(state.tracking?.dueAt, at))
  return step === 'fetch-parcel' && waits
    ? { type: 'TrackingResumed', data: { dueAt: at } }
    : retryStep(state, step, at)
}

/** The warehouse can only be late: its command waits for it in the topic, whatever the saga does meanwhile. */
const skip = (state: ReturnHandling, step: ReturnStep, reason: string): First => {
  const current = state.steps[step]
  if (!isAwaited(current)) return notWaiting(step, current)
  if (step !== 'restock-goods')
    return refuse('not_to_be_vouched_for', `retry ${step}: it takes place once, however often`)
  return current?.status === 'stuck' ? { type: 'StepSkipped', data: { step, reason } } : notWaiting(step, current)
}

const callOff = ({ undoing, steps }: ReturnHandling, detail: string): First => {
  if (undoing) return refuse('already_undoing')
  if (!isAwaited(steps['fetch-parcel'])) return refuse('already_dispatched', 'the parcel has arrived, or is lost')
  if (steps['cancel-label']?.status === 'failed') return refuse('already_dispatched', 'the carrier says so')
  return { type: 'UndoStarted', data: { detail } }
}
