import type { DataOf } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import { compensationStages } from './compensation.ts'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import type { OrderToFulfil, Step } from './steps.ts'

type SignalType = 'order.recalled' | 'order.withdrawn' | 'order.overdue'
export type Signal = { [T in SignalType]: { readonly type: T; readonly data: DataOf<T> } }[SignalType]
type Awaited = DataOf<'order.overdue'>['awaiting']

/** The fact that each step waits for. */
const awaitedBy: Record<Step, Awaited> = {
  'authorize-payment': 'payment.authorized',
  'reserve-stock': 'stock.reserved',
  'capture-payment': 'payment.captured',
  'ship-order': 'shipment.booked',
  'dispatch-stock': 'stock.dispatched',
  'cancel-shipment': 'shipment.cancelled',
  'refund-payment': 'payment.voided',
  'void-payment': 'payment.voided',
  'release-stock': 'stock.released',
}

/**
 * What the world must be told of an event of a choreographed order's fulfilment, beside what it is told of the order
 * itself: nothing on the way forward, which participants find by themselves (order.placed, order.confirmed and
 * order.shipped say how far it is); on the way back, that it is recalled, then withdrawn; at any time, that something
 * has not come. `state` is the one after the event.
 */
export const signalOf = (event: FulfilmentEvent, state: Fulfilment): Signal | undefined => {
  const order = state.order!
  if (event.type === 'TrackingRequested') return overdue(order, 'shipment.delivered')
  if (event.type !== 'StepStarted') return undefined
  const { step, again } = event.data
  // Who begins by itself begins once, and again only when reminded.
  return again ? overdue(order, awaitedBy[step]) : triggerOf(step, state)
}

const triggerOf = (step: Step, state: Fulfilment): Signal | undefined => {
  switch (step) {
    case 'authorize-payment':
    case 'reserve-stock':
    case 'capture-payment':
    case 'ship-order':
    case 'dispatch-stock':
      return undefined
    case 'cancel-shipment':
      return { type: 'order.recalled', data: { ...about(state.order!), reason: state.undoing! } }
    case 'refund-payment':
    case 'void-payment':
      return withdrawn(state)
    case 'release-stock':
      // Payment comes first, and both are told by one fact.
      return toUndo(state).length === 1 ? withdrawn(state) : undefined
    default:
      return unreachable(step)
  }
}

const about = ({ orderId, customerId, total }: OrderToFulfil) => ({ orderId, customerId, total })

const withdrawn = (state: Fulfilment): Signal => ({
  type: 'order.withdrawn',
  data: { ...about(state.order!), reason: state.undoing!, toUndo: toUndo(state) },
})

const toUndo = (state: Fulfilment): ('payment' | 'stock')[] =>
  compensationStages(state)
    .flat()
    .flatMap((step) => {
      if (step === 'cancel-shipment') return []
      return step === 'release-stock' ? 'stock' : 'payment'
    })

const overdue = (order: OrderToFulfil, awaiting: Awaited): Signal => {
  const { lines, address, token } = order
  const data = { ...about(order), awaiting, lines: [...lines], payment: { token }, shippingAddress: address }
  return { type: 'order.overdue', data }
}
