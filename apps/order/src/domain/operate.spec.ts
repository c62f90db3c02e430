import { describe, expect, it } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { MAX_TRACKINGS } from '#libs/saga-steps'
import { commandOf, fulfilmentSaga, orderCommandFor, statusOf } from './fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import { type Operation, operate } from './operate.ts'
import type { OrderToFulfil, Step } from './steps.ts'

const order: OrderToFulfil = {
  ...{ orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f', customerId: 'cust-0001', token: 'tok_ok' },
  total: { amount: 1780, currency: 'EUR' },
  address: { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' },
  lines: [{ sku: 'MUG', quantity: 2 }],
  coordination: 'orchestrated',
}
const at = '2026-01-01T00:00:00.000Z'
const later = '2026-01-02T00:00:00.000Z'
const reason = 'seen with my own eyes'

const started: FulfilmentEvent = { type: 'FulfilmentStarted', data: order }
const begun = (step: Step, attempt = 1): FulfilmentEvent => ({
  type: 'StepStarted',
  data: { step, attempt, dueAt: later },
})
const succeeded = (step: Step): FulfilmentEvent => ({ type: 'StepSucceeded', data: { step, answer: 'yes' } })
const failing = (step: Step): FulfilmentEvent => ({
  type: 'StepRetryScheduled',
  data: { step, error: 'e', dueAt: later },
})
const stuck = (step: Step): FulfilmentEvent => ({ type: 'StepStuck', data: { step, error: 'no answer' } })
const done = (...steps: Step[]) => steps.flatMap((step) => [begun(step), succeeded(step)])
const undoing: FulfilmentEvent = { type: 'UndoStarted', data: { reason: 'customer_request' } }
const booked: FulfilmentEvent = { type: 'ParcelBooked', data: { trackingNumber: 'T1', trackAt: later } }
const left: FulfilmentEvent = { type: 'ParcelDispatched', data: { trackingNumber: 'T1', trackAt: later } }
const overdue: FulfilmentEvent[] = [
  { type: 'TrackingRequested', data: { asked: MAX_TRACKINGS, dueAt: later } },
  { type: 'ParcelOverdue', data: {} },
]
const pivot: FulfilmentEvent = { type: 'PivotReached', data: {} }
const toShipping = [started, ...done('authorize-payment', 'reserve-stock'), pivot, ...done('capture-payment')]
const toDispatched = [...toShipping, begun('ship-order'), booked, succeeded('ship-order'), left]

const given = (...past: FulfilmentEvent[]) => {
  const before: Fulfilment = fold(fulfilmentSaga, past)
  const after = (asked: object, now = at) => operate(before, { ...asked, at: now } as Operation)
  return {
    sends: (asked: object, ...expected: unknown[]) => {
      const events = after(asked)
      if (isRefusal(events)) throw new Error(events.refused)
      expect(events.flatMap((event) => commandOf(event, order)?.type ?? orderCommandFor(event) ?? [])).toEqual(expected)
      return { leaves: (status: string) => expect(statusOf(fold(fulfilmentSaga, events, before))).toBe(status) }
    },
    refuses: (asked: object, refused: string, now = at) => expect(after(asked, now)).toMatchObject({ refused }),
    accepts: (asked: object, now: string) => expect(isRefusal(after(asked, now))).toBe(false),
  }
}
const retry = (step: Step) => ({ type: 'retry', step })
const skip = (step: Step) => ({ type: 'skip', step, reason })
const compensate = { type: 'compensate', reason }

describe('to retry', () => {
  it('asks at once for a step that waits for its next attempt or is stuck, with fresh patience', () => {
    const authorizing = [started, begun('authorize-payment'), ...done('reserve-stock')]
    given(...authorizing, failing('authorize-payment')).sends(retry('authorize-payment'), 'payment.authorize')
    const waiting = [...toShipping, begun('ship-order', 10), stuck('ship-order')]
    given(...waiting)
      .sends(retry('ship-order'), 'shipment.ship')
      .leaves('running')
    const [, again] = operate(fold(fulfilmentSaga, waiting), {
      type: 'retry',
      step: 'ship-order',
      at,
    }) as FulfilmentEvent[]
    expect(again).toMatchObject({ type: 'StepStarted', data: { attempt: 1 } })
  })

  it('asks the carrier for a parcel that is missing', () => {
    given(...toDispatched, begun('dispatch-stock'), ...overdue)
      .sends(retry('ship-order'), 'shipment.track')
      .leaves('running')
  })

  it('is refused while an answer is to come, unless its time has passed and nobody woke the saga', () => {
    given(...toShipping, begun('ship-order')).refuses(retry('ship-order'), 'under_way')
    given(...toShipping, begun('ship-order')).accepts(retry('ship-order'), later)
  })

  it('is refused for what was never begun, has an outcome or is not wanted any more', () => {
    given(...toShipping, begun('ship-order')).refuses(retry('dispatch-stock'), 'not_waiting')
    given(...toShipping, begun('ship-order')).refuses(retry('capture-payment'), 'not_waiting')
    given(started, begun('authorize-payment'), undoing).refuses(retry('authorize-payment'), 'not_waiting')
  })
})

describe('to skip', () => {
  it('takes the word for what the warehouse books in any case, when it is waited for in vain', () => {
    given(...toDispatched, begun('dispatch-stock'), stuck('dispatch-stock'), { type: 'ParcelDelivered', data: {} })
      .sends(skip('dispatch-stock'), { type: 'complete' })
      .leaves('completed')
    const undone = [started, ...done('reserve-stock'), undoing, begun('release-stock'), stuck('release-stock')]
    given(...undone)
      .sends(skip('release-stock'), { type: 'cancel', reason: 'customer_request' })
      .leaves('compensated')
    given(started, ...done('reserve-stock'), undoing, begun('release-stock')).refuses(
      skip('release-stock'),
      'under_way',
    )
  })

  it('takes the word for the arrival of a parcel that has left and is missing', () => {
    given(...toDispatched, ...done('dispatch-stock'), ...overdue).sends(skip('ship-order'), { type: 'complete' })
    given(...toDispatched, ...done('dispatch-stock')).refuses(skip('ship-order'), 'not_waiting')
  })

  it('takes no word for what decides whether money or a parcel moves', () => {
    const steps: Step[] = ['authorize-payment', 'reserve-stock', 'capture-payment', 'ship-order']
    for (const step of [...steps, 'cancel-shipment', 'refund-payment', 'void-payment'] as Step[])
      given(started, begun(step), stuck(step)).refuses(skip(step), 'not_to_be_vouched_for')
    given(...toShipping, begun('ship-order'), booked, ...overdue).refuses(skip('ship-order'), 'not_to_be_vouched_for')
  })
})

describe('to compensate', () => {
  it('undoes everything and cancels the order, from wherever it is stuck', () => {
    given(started, ...done('authorize-payment'), begun('reserve-stock'), stuck('reserve-stock'))
      .sends(compensate, 'payment.void', 'stock.release')
      .leaves('compensating')
    given(...toShipping, begun('ship-order'), booked).sends(compensate, 'shipment.cancel')
  })

  it('is refused when the order is being undone, has ended, or the parcel has left', () => {
    given(started, undoing).refuses(compensate, 'already_undoing')
    given(...toDispatched).refuses(compensate, 'already_dispatched')
    const refused: FulfilmentEvent = {
      type: 'StepFailed',
      data: { step: 'cancel-shipment', answer: 'no', error: 'already dispatched' },
    }
    given(...toShipping, booked, begun('cancel-shipment'), refused).refuses(compensate, 'already_dispatched')
  })
})

it('nothing can be done to a saga that never began or has ended', () => {
  for (const asked of [retry('ship-order'), skip('ship-order'), compensate]) {
    given().refuses(asked, 'not_started')
    given(...toDispatched, { type: 'FulfilmentCompleted', data: {} }).refuses(asked, 'already_ended')
  }
})
