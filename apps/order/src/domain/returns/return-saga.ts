import type { StockLine } from '#libs/contracts'
import type { Decider } from '#libs/decider'
import {
  askAgain,
  dueTimes,
  proceed as followUp,
  hasStuckStep,
  isAwaited,
  isOpen,
  isOverdue,
  overdueStep,
  startStep,
  trackParcel,
} from '#libs/saga-steps'
import type { FulfilmentStatus } from '../fulfilment-saga.ts'
import { returnVersions } from '../versions.ts'
import type { ReturnEvent, ReturnOutcome } from './order-returns.ts'
import { answerReturn, momentOf, type ReturnFact, stuck } from './return-answers.ts'
import { evolveHandling, noReturn, type ReturnHandling, type ReturnSagaEvent } from './return-state.ts'
import {
  commandForReturn,
  goneFor,
  type ReturnCommand,
  type ReturnStep,
  type ReturnToHandle,
  returnPolicy,
  returnSteps,
  trackReturn,
  worth,
} from './return-steps.ts'

/** What the saga is told; `at` is when, ISO 8601. */
export type ReturnSagaInput = { readonly at: string } & (
  | { readonly type: 'start'; readonly request: ReturnToHandle }
  /** Time has passed. */
  | { readonly type: 'deadline' }
  | ReturnFact
)

/**
 * The saga of one return: a label and the parcel, the inspection, then shelf ∥ money. What the carrier loses is paid back
 * and never reaches the shelf; what the inspection refuses stays the customer's. Until the parcel is handed over, an
 * operator may call it off.
 */
const decide = (state: ReturnHandling, input: ReturnSagaInput): readonly ReturnSagaEvent[] =>
  state.ended === undefined ? proceedReturn(state, record(state, input), input.at) : []

/** What is recorded, and everything that follows from it. */
export const proceedReturn = (state: ReturnHandling, recorded: readonly ReturnSagaEvent[], at: string) =>
  followUp(returnSaga, (now: ReturnHandling) => nextMoves(now, at), state, recorded)

const record = (state: ReturnHandling, input: ReturnSagaInput): ReturnSagaEvent[] => {
  if (input.type === 'start') return state.request === undefined ? [{ type: 'ReturnStarted', data: input.request }] : []
  return state.request === undefined || input.type === 'deadline' ? [] : answerReturn(state, input, input.at)
}

const nextMoves = (state: ReturnHandling, at: string): ReturnSagaEvent[] => {
  if (state.request === undefined || state.ended !== undefined) return []
  const overdue = overdueStep(state, returnSteps, at)
  if (overdue !== undefined)
    return askAgain(state, overdue, momentOf(state, at), returnPolicy[overdue], (error) => stuck(overdue, error))
  // While it is being called off as well: a parcel that turns out to be on its way is welcome.
  const tracking = isTracked(state) ? trackParcel(state.tracking, state.request.returnId, at) : []
  if (tracking.length > 0) return tracking
  if (state.steps['fetch-parcel']?.status === 'failed') return withoutParcel(state, at)
  return state.undoing ? callOff(state, at) : goForward(state, at)
}

/** It has a label, and is not known to have arrived or to have been called off. */
export const isTracked = ({ trackingNumber, steps }: ReturnHandling): boolean =>
  trackingNumber !== undefined && isOpen(steps['fetch-parcel']) && steps['cancel-label']?.status !== 'succeeded'

const goForward = (state: ReturnHandling, at: string): ReturnSagaEvent[] => {
  const fetched = state.steps['fetch-parcel']?.status
  // Abandoned: it was being called off without a label, and that came to nothing.
  if (fetched === undefined || fetched === 'abandoned') return start(state, 'fetch-parcel', at)
  if (fetched !== 'succeeded') return []
  if (state.steps['inspect-parcel'] === undefined) return start(state, 'inspect-parcel', at)
  if (state.inspection === undefined) return []
  if (state.inspection.accepted.length === 0) return end(state, 'refused', [])
  return settle(state, 'completed', at, ['restock-goods', 'refund-return'])
}

const withoutParcel = (state: ReturnHandling, at: string): ReturnSagaEvent[] =>
  state.lost ? settle(state, 'lost', at, ['refund-return']) : end(state, 'impossible', [])

/** Side by side: shelf and money know nothing of each other. */
const settle = (
  state: ReturnHandling,
  outcome: ReturnOutcome,
  at: string,
  steps: readonly ReturnStep[],
): ReturnSagaEvent[] => {
  const gone = goneFor(state.request!, state.inspection)
  // Nothing that was free is refunded.
  const wanted = steps.filter((step) => step !== 'refund-return' || worth(state.request!, gone).amount > 0)
  const next = wanted.find((step) => state.steps[step] === undefined)
  if (next !== undefined) return start(state, next, at)
  return wanted.every((step) => state.steps[step]?.status === 'succeeded') ? end(state, outcome, gone) : []
}

const callOff = (state: ReturnHandling, at: string): ReturnSagaEvent[] => {
  const cancelling = state.steps['cancel-label']
  if (cancelling?.status === 'succeeded') return end(state, 'cancelled', [])
  return isAwaited(cancelling) ? [] : start(state, 'cancel-label', at)
}

const start = (state: ReturnHandling, step: ReturnStep, at: string): ReturnSagaEvent[] =>
  startStep(state, step, momentOf(state, at))

const end = ({ request }: ReturnHandling, outcome: ReturnOutcome, items: readonly StockLine[]): ReturnSagaEvent[] => [
  { type: 'ReturnEnded', data: { outcome, items, refunded: worth(request!, items) } },
]

export const returnSaga = {
  initial: noReturn,
  decide,
  evolve: evolveHandling,
  upcast: returnVersions,
} satisfies Decider<ReturnHandling, ReturnSagaInput, ReturnSagaEvent>

/** The command that an event carries; `state` is the one after it. */
export const returnCommandOf = (event: ReturnSagaEvent, { request, inspection }: ReturnHandling) => {
  if (event.type === 'StepStarted') return commandForReturn[event.data.step](request!, inspection)
  return event.type === 'TrackingRequested' ? trackReturn(request!) : (undefined satisfies ReturnCommand | undefined)
}

/** What the order must be told of an event in the handling of one of its returns. */
export const orderNewsOf = (event: ReturnSagaEvent, returnId: string): ReturnEvent | undefined => {
  switch (event.type) {
    case 'LabelIssued':
      return { type: 'ReturnLabelIssued', data: { returnId, trackingNumber: event.data.trackingNumber } }
    case 'StepSucceeded':
      return event.data.step === 'fetch-parcel' ? { type: 'ReturnReceived', data: { returnId } } : undefined
    case 'ParcelInspected':
      return { type: 'ReturnInspected', data: { returnId, ...event.data } }
    case 'ReturnEnded':
      return { type: 'ReturnEnded', data: { returnId, ...event.data } }
    default:
      return undefined
  }
}

export const isReturnOverdue = (state: ReturnHandling): boolean =>
  state.ended === undefined && isTracked(state) && isOverdue(state.tracking)

export const returnStatusOf = (state: ReturnHandling): FulfilmentStatus => {
  const { ended, undoing } = state
  // Nothing came of these two: everybody has what they had before.
  if (ended === 'cancelled' || ended === 'impossible') return 'compensated'
  if (ended !== undefined) return 'completed'
  if (isReturnOverdue(state) || hasStuckStep(state)) return 'needs_attention'
  return undoing ? 'compensating' : 'running'
}

/** When the saga is to be told that time has passed, unless something else happens before; ISO 8601. */
export const returnWakeAt = (state: ReturnHandling): string | undefined => {
  if (state.ended !== undefined) return undefined
  const tracked = isTracked(state) && state.tracking?.dueAt !== undefined ? [state.tracking.dueAt] : []
  return [...dueTimes(state), ...tracked].sort()[0]
}
