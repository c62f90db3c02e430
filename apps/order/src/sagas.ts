import { isRefusal } from '#libs/decider'
import { type Saga, SagaRunner } from '#libs/saga'
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
import { announceOrder, orders } from './order-aggregate.ts'

export const SOURCE = '/waybill/order'

export const saga: Saga<Fulfilment, FulfilmentInput, FulfilmentEvent> = {
  type: 'fulfilment',
  // Its name from when there was one type of saga only; streams keep their names for good.
  stream: (orderId) => `saga-${orderId}`,
  decider: fulfilmentSaga,
  statusOf,
  wakeAt,
  deadline: (at) => ({ type: 'deadline', at }),
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
