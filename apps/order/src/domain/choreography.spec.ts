import { expect, it } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import type { Fact } from './answers.ts'
import { signalOf } from './choreography.ts'
import { type FulfilmentInput, fulfilmentSaga, orderCommandFor, wakeAt } from './fulfilment-saga.ts'
import type { FulfilmentEvent } from './fulfilment-state.ts'
import { operate } from './operate.ts'

const about = { orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f', customerId: 'cust-0001' }
const amount = { amount: 1780, currency: 'EUR' }
const address = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
const order = { ...about, total: amount, token: 'sealed', address, lines: [{ sku: 'MUG', quantity: 2 }] }
const start = { type: 'start', order: { ...order, coordination: 'choreographed' } } as const
const cancel = { type: 'cancel' } as const
const silence = { type: 'deadline' } as const
const fact = (type: Fact['type'], data: object = {}) => ({ type, data: { ...about, ...data } }) as Fact

const authorized = fact('payment.authorized', { authorizationId: 'a1', amount })
const reserved = fact('stock.reserved', { lines: order.lines })
const captured = fact('payment.captured', { captureId: 'c1', amount })
const booked = fact('shipment.booked', { shipmentId: 's1', trackingNumber: 'T1' })
const dispatched = fact('shipment.dispatched', { shipmentId: 's1', trackingNumber: 'T1' })
const toPivot = [start, authorized, reserved]

type Input = typeof start | typeof cancel | typeof silence | Fact

const given = (...past: Input[]) => {
  let state = fulfilmentSaga.initial
  const handle = (input: Input): string[] => {
    const at = (input.type === 'deadline' ? wakeAt(state) : undefined) ?? '2026-01-01T00:00:00.000Z'
    return follow(fulfilmentSaga.decide(state, { ...input, at } as FulfilmentInput))
  }
  const follow = (events: readonly FulfilmentEvent[]): string[] =>
    events.flatMap((event) => {
      state = fold(fulfilmentSaga, [event], state)
      const signal = signalOf(event, state)
      if (signal?.type === 'order.overdue') return [`overdue: ${signal.data.awaiting}`]
      if (signal?.type === 'order.withdrawn') return [`withdrawn: ${signal.data.toUndo.join()}`]
      return signal?.type ?? orderCommandFor(event)?.type ?? []
    })
  for (const input of past) handle(input)
  return {
    when: (input: Input) => ({ sends: (...expected: string[]) => expect(handle(input)).toEqual(expected) }),
    retry: (step: 'ship-order' | 'authorize-payment') => {
      const decision = operate(state, { type: 'retry', step, at: wakeAt(state) ?? '2027-01-01T00:00:00.000Z' })
      return isRefusal(decision) ? decision : follow(decision)
    },
  }
}

it('says nothing on the way forward beyond how the order stands', () => {
  given().when(start).sends()
  given(start, authorized).when(reserved).sends('confirm')
  given(...toPivot)
    .when(captured)
    .sends()
})

it('takes the news of a parcel before those of its payment', () => {
  given(...toPivot)
    .when(booked)
    .sends()
  given(...toPivot, booked)
    .when(dispatched)
    .sends('ship')
  given(...toPivot, booked, dispatched, fact('stock.dispatched', { lines: order.lines }), fact('shipment.delivered'))
    .when(captured)
    .sends('complete')
})

it('reminds of what does not come, and of what failed once it is time', () => {
  given(start).when(silence).sends('overdue: payment.authorized')
  given(start, fact('payment.failed', { operation: 'authorize', reason: 'timeout' }))
    .when(silence)
    .sends('overdue: payment.authorized')
  given(...toPivot, captured, booked)
    .when(silence)
    .sends('overdue: shipment.delivered')
})

it('withdraws what may stand, and nothing that was refused', () => {
  const declined = fact('payment.declined', { operation: 'authorize', code: 'no' })
  given(start).when(declined).sends('withdrawn: stock')
  given(start)
    .when(fact('stock.rejected', { shortages: [] }))
    .sends('withdrawn: payment')
  given(start).when(cancel).sends('withdrawn: payment,stock')
  given(start, fact('stock.rejected', { shortages: [] }))
    .when(declined)
    .sends('reject')
})

it('after the pivot has the parcel kept back first, unless nothing can have been paid', () => {
  given(...toPivot)
    .when(cancel)
    .sends('order.recalled')
  given(...toPivot, cancel)
    .when(fact('shipment.cancelled'))
    .sends('withdrawn: payment,stock')
  given(...toPivot)
    .when(fact('payment.declined', { operation: 'capture', code: 'no' }))
    .sends('withdrawn: payment,stock')
})

it('an operator’s retry reminds the participant, but not of shipping what is not paid', () => {
  expect(given(start).retry('authorize-payment')).toEqual(['overdue: payment.authorized'])
  expect(given(...toPivot).retry('ship-order')).toMatchObject({ refused: 'not_waiting' })
  expect(given(...toPivot, captured).retry('ship-order')).toEqual(['overdue: shipment.booked'])
})
