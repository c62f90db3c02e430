import { fold } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import type { SagaKey, StoredSaga } from '#libs/saga'
import { fulfilmentSaga, isParcelOverdue, statusOf, wakeAt } from '../domain/fulfilment-saga.ts'
import {
  evolve,
  type Fulfilment,
  type FulfilmentEvent,
  notStarted,
  type StepStatus,
} from '../domain/fulfilment-state.ts'
import { compensationSteps, forwardSteps, type Step } from '../domain/steps.ts'

interface StepAnswer {
  readonly name: Step
  status: StepStatus
  attempts: number
  readonly startedAt: Date
  /** Null until the step has an outcome, or its outcome does not matter any more. */
  endedAt: Date | null
  /** Of the command that was sent last. */
  commandId: string
  error?: string
  /** Why an operator vouched for it. */
  vouchedFor?: string
}

const UNDER_WAY: readonly StepStatus[] = ['running', 'retrying', 'stuck']

/** The saga's steps in the order they began, told by its own events. */
export const stepsOf = (events: readonly StoredEvent[]): StepAnswer[] => {
  const steps = new Map<Step, StepAnswer>()
  let state = notStarted
  for (const stored of events) {
    const event = stored as StoredEvent & FulfilmentEvent
    const before = state
    state = evolve(state, event)
    for (const name of [...forwardSteps, ...compensationSteps]) {
      const now = state.steps[name]
      if (now === undefined || now === before.steps[name]) continue
      const step = steps.get(name)
      steps.set(name, {
        name,
        status: now.status,
        attempts: now.attempts,
        startedAt: step?.startedAt ?? stored.at,
        endedAt: UNDER_WAY.includes(now.status) ? null : (step?.endedAt ?? stored.at),
        commandId: event.type === 'StepStarted' ? stored.metadata.messageId : step!.commandId,
        ...(now.error === undefined ? {} : { error: now.error }),
        ...(now.vouchedFor === undefined ? {} : { vouchedFor: now.vouchedFor }),
      })
    }
  }
  return [...steps.values()]
}

/** Why it needs attention, where no step of it is to blame: it cannot be woken, or its parcel is missing. */
const errorOf = ({ wakeError, state }: Summarised): string | undefined => {
  if (wakeError !== null) return wakeError
  return isParcelOverdue(state as Fulfilment) ? 'the carrier says nothing new about the parcel' : undefined
}

/** What a summary is made of. */
type Summarised = Pick<
  StoredSaga,
  'sagaId' | 'type' | 'coordination' | 'status' | 'startedAt' | 'updatedAt' | 'wakeAt' | 'wakeError' | 'state'
>

export const sagaSummary = (saga: Summarised) => {
  const { sagaId, type, coordination, status, startedAt, updatedAt, wakeAt } = saga
  const error = errorOf(saga)
  return {
    ...{ sagaId, orderId: sagaId, type, coordination, state: status, startedAt, updatedAt, wakeAt },
    ...(error === undefined ? {} : { error }),
  }
}

export const sagaAnswer = (saga: Summarised, events: readonly StoredEvent[]) => ({
  ...sagaSummary(saga),
  steps: stepsOf(events),
})

/** The saga as it was after these events, of which there is one at least; that it could not be woken is none. */
export const sagaAsOf = (key: SagaKey, events: readonly StoredEvent[]) => {
  const state = fold(fulfilmentSaga, events as readonly (StoredEvent & FulfilmentEvent)[])
  const due = wakeAt(state)
  const { coordination } = state.order!
  const times = {
    startedAt: events[0]!.at,
    updatedAt: events.at(-1)!.at,
    wakeAt: due === undefined ? null : new Date(due),
  }
  return sagaAnswer({ ...key, ...times, coordination, state, status: statusOf(state), wakeError: null }, events)
}
