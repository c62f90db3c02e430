import { isRefusal } from '#libs/decider'
import { type Saga, SagaRunner } from '#libs/saga'
import type { Fulfilment, FulfilmentEvent } from './domain/fulfilment.ts'
import { type FulfilmentInput, fulfilmentSaga, orderCommandFor, statusOf, wakeAt } from './domain/fulfilment-saga.ts'
import { commandFor } from './domain/steps.ts'
import { handleOrder } from './orders.ts'

export const SOURCE = '/waybill/order'

const fulfilment: Saga<Fulfilment, FulfilmentInput, FulfilmentEvent> = {
  type: 'fulfilment',
  decider: fulfilmentSaga,
  statusOf,
  wakeAt,
  deadline: (at) => ({ type: 'deadline', at }),
  commandFor: ({ order }, event) =>
    event.type === 'StepStarted' ? { ...commandFor[event.data.step](order!), key: order!.customerId } : undefined,
}

/** Runs the fulfilment saga; what it decides about the order itself happens in the same transaction. */
export const fulfilmentRunner = new SagaRunner(fulfilment, SOURCE, async (uow, consequences, orderId, event) => {
  const command = orderCommandFor(event)
  if (command === undefined) return
  const decision = await handleOrder(uow, consequences, orderId, command, `saga:${fulfilment.type}`)
  if (isRefusal(decision)) throw new Error(`order ${orderId}: ${decision.refused}, ${decision.detail ?? command.type}`)
})
