import { fold } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import type { SagaKey, StoredSaga } from '#libs/saga'
import { stepsOf } from '#libs/saga-steps'
import { fulfilmentSaga, isParcelOverdue, statusOf, wakeAt } from '../domain/fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from '../domain/fulfilment-state.ts'
import { compensationSteps, forwardSteps } from '../domain/steps.ts'

type Stored = StoredEvent & FulfilmentEvent
const steps = [...forwardSteps, ...compensationSteps]

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
  steps: stepsOf(fulfilmentSaga, steps, events as readonly Stored[]).map(({ commandId, ...step }) =>
    // The steps of a choreographed order are observed, and nobody commands them.
    saga.coordination === 'choreographed' ? step : { ...step, commandId },
  ),
})

/** The saga as it was after these events, of which there is one at least; that it could not be woken is none. */
export const sagaAsOf = (key: SagaKey, events: readonly StoredEvent[]) => {
  const state = fold(fulfilmentSaga, events as readonly Stored[])
  const due = wakeAt(state)
  const { coordination } = state.order!
  const times = {
    startedAt: events[0]!.at,
    updatedAt: events.at(-1)!.at,
    wakeAt: due === undefined ? null : new Date(due),
  }
  return sagaAnswer({ ...key, ...times, coordination, state, status: statusOf(state), wakeError: null }, events)
}
