import type { Consequences, Coordination } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Evolution, Refusal } from '#libs/decider'
import type { StoredEvent } from '#libs/event-store'
import type { Saga, SagaKey, SagaStatus } from '#libs/saga'
import { type Operation, type StepHistory, stepsOf } from '#libs/saga-steps'
import { fulfilmentSaga, isParcelOverdue } from './domain/fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './domain/fulfilment-state.ts'
import { type OperationRefusal, operate } from './domain/operate.ts'
import { operateReturn, type ReturnOperationRefusal } from './domain/returns/operate-return.ts'
import { isReturnOverdue, returnSaga } from './domain/returns/return-saga.ts'
import type { ReturnHandling, ReturnSagaEvent } from './domain/returns/return-state.ts'
import { type ReturnStep, returnSteps } from './domain/returns/return-steps.ts'
import { compensationSteps, forwardSteps, type Step } from './domain/steps.ts'
import { fulfilment, saga as fulfilmentSagaType, returnSagaType, returns } from './sagas.ts'

export const allSteps = [...forwardSteps, ...compensationSteps, ...returnSteps] as const
export type AnyStep = (typeof allSteps)[number]
export type SagaRefusal = OperationRefusal | ReturnOperationRefusal | 'unknown_saga'

/** What is shown of every type of saga, and asked of it by operators. */
export interface SagaKind {
  readonly type: string
  readonly steps: readonly AnyStep[]
  key(sagaId: string): SagaKey
  stream(sagaId: string): string
  /** How its events add up to its state; they are read as they are written today. */
  readonly evolution: Evolution<unknown, StoredEvent>
  statusOf(state: unknown): SagaStatus
  /** As `Saga` has it. */
  wakeAt(state: unknown): string | undefined
  coordinationOf(state: unknown): Coordination
  orderIdOf(sagaId: string, state: unknown): string
  /** Why it needs attention, where no step of it is to blame. */
  errorOf(state: unknown): string | undefined
  historyOf(events: readonly StoredEvent[]): StepHistory<AnyStep>[]
  /** `operation` is about a step of this kind, if about any. */
  operate(
    uow: UnitOfWork,
    consequences: Consequences,
    sagaId: string,
    asked: { readonly actor: string; readonly operation: Operation<AnyStep> },
  ): Promise<Refusal<SagaRefusal> | undefined>
}

const PARCEL_MISSING = 'the carrier says nothing new about the parcel'

/** What is the same of every type of saga. */
const seen = <State, Input, Event extends { readonly type: string; readonly data: unknown }>({
  stream,
  decider,
  statusOf,
  wakeAt,
}: Saga<State, Input, Event>) => ({
  stream,
  evolution: decider as Evolution<unknown, never>,
  statusOf: (state: unknown) => statusOf(state as State),
  wakeAt: (state: unknown) => wakeAt(state as State),
})

const fulfilmentKind: SagaKind = {
  type: fulfilmentSagaType.type,
  steps: [...forwardSteps, ...compensationSteps],
  key: (sagaId) => fulfilment.key(sagaId),
  ...seen(fulfilmentSagaType),
  coordinationOf: (state) => (state as Fulfilment).order!.coordination,
  orderIdOf: (sagaId) => sagaId,
  errorOf: (state) => (isParcelOverdue(state as Fulfilment) ? PARCEL_MISSING : undefined),
  historyOf: (events) =>
    stepsOf(
      fulfilmentSaga,
      [...forwardSteps, ...compensationSteps],
      events as readonly (StoredEvent & FulfilmentEvent)[],
    ),
  operate: (uow, consequences, sagaId, { actor, operation }) =>
    fulfilment.operate(uow, consequences, sagaId, {
      actor,
      decide: (state) => operate(state, operation as Operation<Step>),
    }),
}

const returnKind: SagaKind = {
  type: returnSagaType.type,
  steps: returnSteps,
  key: (sagaId) => returns.key(sagaId),
  ...seen(returnSagaType),
  // Commanded, whatever its order is.
  coordinationOf: () => 'orchestrated',
  orderIdOf: (_, state) => (state as ReturnHandling).request!.orderId,
  errorOf: (state) => (isReturnOverdue(state as ReturnHandling) ? PARCEL_MISSING : undefined),
  historyOf: (events) => stepsOf(returnSaga, returnSteps, events as readonly (StoredEvent & ReturnSagaEvent)[]),
  operate: (uow, consequences, sagaId, { actor, operation }) =>
    returns.operate(uow, consequences, sagaId, {
      actor,
      decide: (state) => operateReturn(state, operation as Operation<ReturnStep>),
    }),
}

export const sagaKinds = [fulfilmentKind, returnKind] as const
export const sagaTypes = sagaKinds.map(({ type }) => type)

export const sagaKindOf = (type: string): SagaKind => {
  const kind = sagaKinds.find((kind) => kind.type === type)
  if (kind === undefined) throw new Error(`no saga is of type ${type}`)
  return kind
}
