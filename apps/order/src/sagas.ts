import type { UnitOfWork } from '#libs/database'
import { isRefusal } from '#libs/decider'
import { type Saga, SagaRunner, Sagas } from '#libs/saga'
import { stepChangeOf } from '#libs/saga-steps'
import { handle } from '#libs/service'
import { signalOf } from './domain/choreography.ts'
import {
  commandOf,
  type FulfilmentInput,
  fulfilmentSaga,
  orderCommandFor,
  statusOf,
  wakeAt,
} from './domain/fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './domain/fulfilment-state.ts'
import {
  orderNewsOf,
  type ReturnSagaInput,
  returnCommandOf,
  returnSaga,
  returnStatusOf,
  returnWakeAt,
} from './domain/returns/return-saga.ts'
import type { ReturnHandling, ReturnSagaEvent } from './domain/returns/return-state.ts'
import { fulfilmentStates, returnStates } from './domain/versions.ts'
import { announceOrder, orders } from './order-aggregate.ts'

export const SOURCE = '/waybill/order'

export const saga: Saga<Fulfilment, FulfilmentInput, FulfilmentEvent> = {
  type: 'fulfilment',
  // Its name from when there was one type of saga only; streams keep their names for good.
  stream: (orderId) => `saga-${orderId}`,
  decider: fulfilmentSaga,
  state: fulfilmentStates,
  statusOf,
  wakeAt,
  deadline: (at) => ({ type: 'deadline', at }),
  stepOf: stepChangeOf,
  commandFor: (state, event) => {
    const { customerId: key, coordination } = state.order!
    const message = coordination === 'choreographed' ? signalOf(event, state) : commandOf(event, state.order!)
    return message && { ...message, key, ...(coordination === 'choreographed' && { coordination }) }
  },
}

/** Has orders fulfilled; what the saga decides about the order itself happens in the same transaction. */
export const fulfilment = new SagaRunner({
  saga,
  source: SOURCE,
  announce: announceOrder,
  follow: async (uow, consequences, id, event) => {
    const input = orderCommandFor(event)
    if (input === undefined) return
    const decision = await handle(uow, consequences, { to: orders, id, input, actor: `saga:${saga.type}` })
    if (isRefusal(decision)) throw new Error(`order ${id}: ${decision.refused}, ${decision.detail ?? input.type}`)
  },
})

export const returnSagaType: Saga<ReturnHandling, ReturnSagaInput, ReturnSagaEvent> = {
  type: 'return',
  stream: (returnId) => `saga-return-${returnId}`,
  decider: returnSaga,
  state: returnStates,
  statusOf: returnStatusOf,
  wakeAt: returnWakeAt,
  deadline: (at) => ({ type: 'deadline', at }),
  stepOf: stepChangeOf,
  commandFor: (state, event) => {
    const command = returnCommandOf(event, state)
    return command === undefined ? undefined : { ...command, key: state.request!.customerId }
  },
}

/** Has what customers send back taken in; the order, in whose stream its returns are, follows in the same transaction. */
export const returns = new SagaRunner({
  saga: returnSagaType,
  source: SOURCE,
  follow: async (uow, consequences, returnId, event, { request }) => {
    const news = orderNewsOf(event, returnId)
    if (news === undefined) return
    const { orderId: id } = request!
    const actor = `saga:${returnSagaType.type}`
    const decision = await handle(uow, consequences, { to: orders, id, input: { type: 'followReturn', news }, actor })
    if (isRefusal(decision)) throw new Error(`order ${id}: ${decision.refused}, ${decision.detail ?? news.type}`)
  },
})

/**
 * Says that a return of this order will be moved on. The order's saga is locked with it, ended as it is, so that what
 * happens at once to several returns of one order is appended to its stream one after the other.
 */
export const announceReturn = (uow: UnitOfWork, orderId: string, returnId: string): void => {
  const sagas = uow.part(Sagas)
  sagas.announce(fulfilment.key(orderId))
  sagas.announce(returns.key(returnId))
  announceOrder(uow, orderId)
}
