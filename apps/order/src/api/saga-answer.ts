import { fold } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import type { StoredSaga } from '#libs/saga'
import { type SagaKind, sagaKindOf } from '../saga-kinds.ts'

/** Why it needs attention, where no step of it is to blame: it cannot be woken, or its parcel is missing. */
const errorOf = ({ type, wakeError, state }: Summarised): string | undefined =>
  wakeError ?? sagaKindOf(type).errorOf(state)

/** What a summary is made of. */
type Summarised = Pick<
  StoredSaga,
  'sagaId' | 'type' | 'coordination' | 'status' | 'startedAt' | 'updatedAt' | 'wakeAt' | 'wakeError' | 'state'
>

export const sagaSummary = (saga: Summarised) => {
  const { sagaId, type, coordination, status, startedAt, updatedAt, wakeAt } = saga
  const orderId = sagaKindOf(type).orderIdOf(sagaId, saga.state)
  const error = errorOf(saga)
  return {
    ...{ sagaId, orderId, type, coordination, state: status, startedAt, updatedAt, wakeAt },
    ...(error === undefined ? {} : { error }),
  }
}

export const sagaAnswer = (saga: Summarised, events: readonly StoredEvent[]) => ({
  ...sagaSummary(saga),
  steps: sagaKindOf(saga.type)
    .historyOf(events)
    .map(({ commandId, ...step }) =>
      // The steps of a choreographed order are observed, and nobody commands them.
      saga.coordination === 'choreographed' ? step : { ...step, commandId },
    ),
})

/** A saga as it was after these events, of which there is one at least; that it could not be woken is none. */
export const sagaAsOf = (kind: SagaKind, sagaId: string, events: readonly StoredEvent[]) => {
  const state = fold(kind.evolution, events)
  const due = kind.wakeAt(state)
  const times = {
    startedAt: events[0]!.at,
    updatedAt: events.at(-1)!.at,
    wakeAt: due === undefined ? null : new Date(due),
  }
  const known = { coordination: kind.coordinationOf(state), state, status: kind.statusOf(state), wakeError: null }
  return sagaAnswer({ ...kind.key(sagaId), ...times, ...known }, events)
}
