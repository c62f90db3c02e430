import type { DataOf, MessageType, OrderEndReason } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import { isAwaited, isOpen, type Moment, succeed, trackAt, tryAgain } from '#libs/saga-steps'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import { policyOf, type Step } from './steps.ts'

/** What the participants of an order tell. */
export const factTypes = [
  'payment.authorized',
  'payment.declined',
  'payment.captured',
  'payment.voided',
  'payment.refunded',
  'payment.failed',
  'stock.reserved',
  'stock.rejected',
  'stock.released',
  'stock.dispatched',
  'shipment.booked',
  'shipment.dispatched',
  'shipment.delivered',
  'shipment.impossible',
  'shipment.cancelled',
  'shipment.cancellation-refused',
  'shipment.failed',
] as const satisfies MessageType[]
export type FactType = (typeof factTypes)[number]
type FactOf<T extends FactType> = Extract<Fact, { type: T }>
export type Fact = { [T in FactType]: { readonly type: T; readonly data: DataOf<T> } }[FactType]

/**
 * What a participant's fact tells about the steps. A step takes the first answer that settles it; whatever comes
 * later (the answer to a command that was repeated, a duplicate) tells nothing new.
 */
export const answer = (state: Fulfilment, fact: Fact, at: string): FulfilmentEvent[] => {
  const settle = (step: Step, amount?: number): FulfilmentEvent[] => succeed(state, step, fact.type, amount)
  switch (fact.type) {
    case 'payment.authorized':
      return settle('authorize-payment', fact.data.amount.amount)
    case 'payment.captured':
      return settle('capture-payment', fact.data.amount.amount)
    case 'payment.declined':
      return declined(state, fact)
    case 'payment.voided':
    case 'payment.refunded':
      // Whichever was asked for: what there was to give back has been given back.
      return [...settle('void-payment', fact.data.amount.amount), ...settle('refund-payment', fact.data.amount.amount)]
    case 'payment.failed':
      return paymentSteps[fact.data.operation].flatMap((step) => failed(state, step, fact.data.reason, at))
    case 'stock.reserved':
      return settle('reserve-stock')
    case 'stock.rejected':
      return fail(state, 'reserve-stock', fact.type, 'out_of_stock', 'out_of_stock')
    case 'stock.released':
      return settle('release-stock')
    case 'stock.dispatched':
      return settle('dispatch-stock')
    case 'shipment.booked':
      return isOpen(state.steps['ship-order']) && state.parcel === 'none' ? [parcelBooked(state, fact, at)] : []
    case 'shipment.dispatched':
      return dispatched(state, fact, at)
    case 'shipment.delivered':
      return delivered(state, fact, at)
    case 'shipment.impossible':
      return [
        ...fail(state, 'ship-order', fact.type, fact.data.code, 'shipment_impossible'),
        ...settle('cancel-shipment'),
      ]
    case 'shipment.cancelled':
      return settle('cancel-shipment')
    case 'shipment.cancellation-refused':
      return cancellationRefused(state, fact.type)
    case 'shipment.failed':
      return failed(state, fact.data.operation === 'ship' ? 'ship-order' : 'cancel-shipment', fact.data.reason, at)
    default:
      return unreachable(fact)
  }
}

const declined = (state: Fulfilment, { type, data: { operation, code } }: FactOf<'payment.declined'>) => {
  switch (operation) {
    case 'authorize':
      return [
        ...fail(state, 'authorize-payment', type, code, 'payment_declined'),
        ...succeed(state, 'void-payment', type),
      ]
    case 'capture':
      return fail(state, 'capture-payment', type, code, 'capture_failed')
    // Money of the customer stays with us, and asking again would not change it: a human must look.
    case 'void':
    case 'refund':
      return paymentSteps[operation].flatMap((step) => refusedForGood(state, step, code))
    default:
      return unreachable(operation)
  }
}

const refusedForGood = ({ steps }: Fulfilment, step: Step, error: string): FulfilmentEvent[] => {
  const waits = isAwaited(steps[step]) && steps[step]?.status !== 'stuck'
  return waits ? [{ type: 'StepStuck', data: { step, error } }] : []
}

type Parcel = DataOf<'shipment.booked'>

/** A void of a captured payment turns into a refund, so either of the two may have been asked for. */
const paymentSteps: Record<DataOf<'payment.failed'>['operation'], readonly Step[]> = {
  authorize: ['authorize-payment'],
  capture: ['capture-payment'],
  void: ['void-payment', 'refund-payment'],
  refund: ['void-payment', 'refund-payment'],
}

const fail = (state: Fulfilment, step: Step, answer: string, error: string, reason: OrderEndReason) => {
  if (!isOpen(state.steps[step])) return []
  const refused: FulfilmentEvent = { type: 'StepFailed', data: { step, answer, error } }
  return state.undoing === undefined ? [refused, undoFor(reason)] : [refused]
}

/** The participant could not do it now and cannot tell whether it was done: ask again after a while, or go back. */
const failed = (state: Fulfilment, step: Step, error: string, at: string): FulfilmentEvent[] =>
  tryAgain(state, { step, error }, momentOf(state, at), policyOf[step], (error, reason) =>
    outOfPatience(state, step, error, reason),
  )

export const momentOf = ({ order }: Fulfilment, at: string): Moment => ({ about: order!.orderId, at })

export const outOfPatience = (
  state: Fulfilment,
  step: Step,
  error: string,
  reason: OrderEndReason | undefined,
): FulfilmentEvent[] => {
  const stuck: FulfilmentEvent = { type: 'StepStuck', data: { step, error } }
  // The carrier has refused to give the parcel back before: there is no way back.
  const noWayBack = state.steps['cancel-shipment']?.status === 'failed'
  return reason === undefined || noWayBack ? [stuck] : [stuck, undoFor(reason)]
}

export const undoFor = (reason: OrderEndReason): FulfilmentEvent => ({ type: 'UndoStarted', data: { reason } })

const parcelBooked = (state: Fulfilment, { data }: { data: Parcel }, at: string): FulfilmentEvent => ({
  type: 'ParcelBooked',
  data: { trackingNumber: data.trackingNumber, trackAt: trackAt(state.order!.orderId, 0, at) },
})

/** The parcel left. If it was being called back, that came too late: the order goes on. */
const dispatched = (state: Fulfilment, { data }: { data: Parcel }, at: string): FulfilmentEvent[] => {
  const comesTooLate = state.undoing !== undefined && !isAwaited(state.steps['cancel-shipment'])
  if (comesTooLate || !isOpen(state.steps['ship-order'])) return []
  return [
    ...succeed(state, 'ship-order', 'shipment.dispatched'),
    ...(state.undoing === undefined ? [] : [{ type: 'UndoGivenUp', data: {} } as const]),
    {
      type: 'ParcelDispatched',
      data: { trackingNumber: data.trackingNumber, trackAt: trackAt(state.order!.orderId, 0, at) },
    },
  ]
}

const delivered = (state: Fulfilment, fact: { data: Parcel }, at: string): FulfilmentEvent[] => {
  const left = dispatched(state, fact, at)
  const parcelLeft = state.parcel === 'dispatched' || left.length > 0
  return parcelLeft ? [...left, { type: 'ParcelDelivered', data: {} }] : []
}

const cancellationRefused = (state: Fulfilment, answer: string): FulfilmentEvent[] => {
  if (!isOpen(state.steps['cancel-shipment'])) return []
  const refused: FulfilmentEvent = {
    type: 'StepFailed',
    data: { step: 'cancel-shipment', answer, error: 'already dispatched' },
  }
  return state.undoing === undefined ? [refused] : [refused, { type: 'UndoGivenUp', data: {} }]
}
