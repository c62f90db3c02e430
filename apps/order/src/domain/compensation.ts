import type { OrderEndReason } from '#libs/contracts'
import { isAwaited } from '#libs/saga-steps'
import type { Fulfilment } from './fulfilment-state.ts'
import type { CompensationStep } from './steps.ts'

/**
 * What must be undone, newest first: nothing else is touched before the parcel is safely back, because a parcel that
 * turns out to have left means that the order stands. Payment and stock know nothing of each other and are undone
 * side by side.
 *
 * A step whose outcome is open counts as done: its compensation travels behind it on the same topic with the same
 * key, so the participant meets the step first, however late.
 */
export const compensationStages = (state: Fulfilment): CompensationStep[][] => [
  // Nothing is shipped that is not paid for.
  needed(state, 'ship-order') && state.steps['capture-payment']?.status !== 'failed' ? ['cancel-shipment'] : [],
  [
    ...(needed(state, 'authorize-payment') ? [paymentCompensation(state)] : []),
    ...(needed(state, 'reserve-stock') ? ['release-stock' as const] : []),
  ],
]

/** Neither never begun nor refused by its participant. */
const needed = ({ steps }: Fulfilment, step: 'ship-order' | 'authorize-payment' | 'reserve-stock'): boolean =>
  steps[step] !== undefined && steps[step].status !== 'failed'

/** Once asked for, one kind is not changed to the other: a void also undoes a capture that it met. */
const paymentCompensation = ({ steps }: Fulfilment): 'refund-payment' | 'void-payment' => {
  if (steps['void-payment'] !== undefined) return 'void-payment'
  if (steps['refund-payment'] !== undefined) return 'refund-payment'
  return steps['capture-payment']?.status === 'succeeded' ? 'refund-payment' : 'void-payment'
}

/** What the saga is to do next on its way back: start a compensation, wait for one, or end. */
export const nextCompensation = (state: Fulfilment): CompensationStep | 'wait' | 'done' => {
  for (const stage of compensationStages(state)) {
    const missing = stage.filter((step) => state.steps[step]?.status !== 'succeeded')
    const unasked = missing.find((step) => !isAwaited(state.steps[step]))
    if (unasked !== undefined) return unasked
    if (missing.length > 0) return 'wait'
  }
  return 'done'
}

/** An order that was never confirmed is rejected, unless somebody wished it gone. */
export const endOf: Record<OrderEndReason, 'reject' | 'cancel'> = {
  payment_declined: 'reject',
  out_of_stock: 'reject',
  payment_timeout: 'reject',
  customer_request: 'cancel',
  shipment_impossible: 'cancel',
  capture_failed: 'cancel',
  operator_decision: 'cancel',
}
