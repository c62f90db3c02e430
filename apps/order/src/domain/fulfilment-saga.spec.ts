import { describe, expect, it } from 'vitest'
import type { DataOf } from '#libs/contracts'
import { fold } from '#libs/decider'
import { MAX_TRACKINGS } from '#libs/saga-steps'
import type { Fact, FactType } from './answers.ts'
import type { OrderCommand } from './decide.ts'
import {
  commandOf,
  type FulfilmentInput,
  fulfilmentSaga,
  orderCommandFor,
  statusOf,
  wakeAt,
} from './fulfilment-saga.ts'
import type { Fulfilment, FulfilmentEvent } from './fulfilment-state.ts'
import type { OrderToFulfil } from './steps.ts'

const about = { orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f', customerId: 'cust-0001' }
const total = { amount: 1780, currency: 'EUR' }
const order: OrderToFulfil = {
  ...about,
  total,
  token: 'tok_ok',
  address: { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' },
  lines: [{ sku: 'MUG', quantity: 2 }],
  coordination: 'orchestrated',
}
const start = { type: 'start', order } as const
const cancel = { type: 'cancel' } as const
const parcel = { shipmentId: 's1', trackingNumber: 'T1' }

const fact = <T extends FactType>(type: T, data: Omit<DataOf<T>, 'orderId' | 'customerId'>) =>
  ({ type, data: { ...about, ...data } }) as unknown as Fact

const authorized = fact('payment.authorized', { authorizationId: 'a1', amount: total })
const captured = fact('payment.captured', { captureId: 'c1', amount: total })
const voided = fact('payment.voided', { amount: total })
const refunded = fact('payment.refunded', { refundId: 'r1', amount: total })
type Operation = DataOf<'payment.declined'>['operation']
const declined = (operation: Operation) => fact('payment.declined', { operation, code: 'do_not_honor' })
const paymentFailed = (operation: Operation) => fact('payment.failed', { operation, reason: 'timeout' })
const reserved = fact('stock.reserved', { lines: [...order.lines] })
const outOfStock = fact('stock.rejected', { shortages: [] })
const released = fact('stock.released', { lines: [...order.lines] })
const stockDispatched = fact('stock.dispatched', { lines: [...order.lines] })
const booked = fact('shipment.booked', parcel)
const dispatched = fact('shipment.dispatched', parcel)
const delivered = fact('shipment.delivered', parcel)
const impossible = fact('shipment.impossible', { code: 'no_such_place' })
const shipmentCancelled = fact('shipment.cancelled', {})
const cancellationRefused = fact('shipment.cancellation-refused', {})
const shipmentFailed = (operation: 'ship' | 'cancel') => fact('shipment.failed', { operation, reason: 'error' })

type Signal = typeof start | typeof cancel | { readonly type: 'silence' } | Fact
/** Nobody answers until the saga's next deadline has passed. */
const silence = { type: 'silence' } as const
const silences = (count: number): Signal[] => Array<Signal>(count).fill(silence)
/** A failure answer and the wait for the next attempt. */
const failures = (failed: Fact, count: number): Signal[] => Array<Signal[]>(count).fill([failed, silence]).flat()

const handle = (state: Fulfilment, at: string, signal: Signal) => {
  const due = wakeAt(state)
  const now = signal.type === 'silence' && due !== undefined && due > at ? due : at
  const input = (signal.type === 'silence' ? { type: 'deadline', at: now } : { ...signal, at: now }) as FulfilmentInput
  const events = fulfilmentSaga.decide(state, input)
  return { events, now, state: fold(fulfilmentSaga, events, state) }
}

/** What leaves the saga: the commands it sends, and what it tells the order. */
const effects = (events: readonly FulfilmentEvent[]): (string | OrderCommand)[] =>
  events.flatMap((event) => commandOf(event, order)?.type ?? orderCommandFor(event) ?? [])

const given = (...past: Signal[]) => {
  let at = '2026-01-01T00:00:00.000Z'
  let state = fulfilmentSaga.initial
  for (const signal of past) ({ state, now: at } = handle(state, at, signal))
  return {
    when: (signal: Signal) => {
      const after = handle(state, at, signal)
      return {
        sends: (...expected: (string | OrderCommand)[]) => {
          expect(effects(after.events)).toEqual(expected)
          return { leaves: (status: string) => expect(statusOf(after.state)).toBe(status) }
        },
      }
    },
  }
}

const reject = (reason: OrderCommand & { type: 'reject' } extends { reason: infer R } ? R : never): OrderCommand => ({
  type: 'reject',
  reason,
})
const cancelOrder = (reason: OrderCommand & { type: 'cancel' } extends { reason: infer R } ? R : never) =>
  ({ type: 'cancel', reason }) as const
const confirm = { type: 'confirm' } as const
const ship = { type: 'ship', trackingNumber: 'T1' } as const
const complete = { type: 'complete' } as const
const refuseCancellation = { type: 'refuseCancellation' } as const

const toPivot = [start, authorized, reserved]
const toShipping = [...toPivot, captured]

describe('the way forward', () => {
  it('begins with payment and stock side by side', () => {
    given().when(start).sends('payment.authorize', 'stock.reserve').leaves('running')
  })

  it('has its pivot when both succeeded, whichever was first', () => {
    given(start).when(authorized).sends()
    given(start, authorized).when(reserved).sends(confirm, 'payment.capture')
    given(start, reserved).when(authorized).sends(confirm, 'payment.capture')
  })

  it('ships what is paid for, and takes the goods off the stock once they left', () => {
    given(...toPivot)
      .when(captured)
      .sends('shipment.ship')
    given(...toShipping)
      .when(booked)
      .sends()
    given(...toShipping, booked)
      .when(dispatched)
      .sends(ship, 'stock.dispatch')
  })

  it('completes the order when the parcel is delivered and the stock is settled, whichever comes first', () => {
    const toDispatch = [...toShipping, booked, dispatched]
    given(...toDispatch)
      .when(delivered)
      .sends()
      .leaves('running')
    given(...toDispatch, delivered)
      .when(stockDispatched)
      .sends(complete)
      .leaves('completed')
    given(...toDispatch, stockDispatched)
      .when(delivered)
      .sends(complete)
      .leaves('completed')
  })

  it('takes a delivery that it first hears of as a dispatch, too', () => {
    given(...toShipping)
      .when(delivered)
      .sends(ship, 'stock.dispatch')
  })

  it('is not moved by duplicates, by answers out of turn or by anything after the end', () => {
    given(start, authorized).when(authorized).sends()
    given(...toPivot)
      .when(reserved)
      .sends()
    given(start).when(stockDispatched).sends()
    given().when(authorized).sends()
    given(...toShipping, dispatched, delivered, stockDispatched)
      .when(cancel)
      .sends()
      .leaves('completed')
  })
})

describe('a declined payment', () => {
  it('gives the stock back and rejects the order', () => {
    given(start, reserved).when(declined('authorize')).sends('stock.release').leaves('compensating')
    given(start, reserved, declined('authorize')).when(released).sends(reject('payment_declined')).leaves('compensated')
  })

  it('does so too while the outcome of the reservation is open', () => {
    given(start).when(declined('authorize')).sends('stock.release')
    given(start, declined('authorize'), reserved).when(released).sends(reject('payment_declined'))
  })
})

describe('no stock', () => {
  it('voids the authorization and rejects the order', () => {
    given(start, authorized).when(outOfStock).sends('payment.void')
    given(start, authorized, outOfStock).when(voided).sends(reject('out_of_stock')).leaves('compensated')
  })

  it('voids an authorization whose outcome is open, and waits for what becomes of it', () => {
    given(start).when(outOfStock).sends('payment.void')
    given(start, outOfStock).when(authorized).sends()
    given(start, outOfStock, authorized).when(voided).sends(reject('out_of_stock'))
    given(start, outOfStock).when(declined('authorize')).sends(reject('out_of_stock')).leaves('compensated')
  })

  it('names the reason that came first when both fail', () => {
    given(start, declined('authorize')).when(outOfStock).sends(reject('payment_declined'))
  })
})

describe('a payment that cannot be authorized now', () => {
  it('is asked for again after a while, three times in all, then undone as far as it went', () => {
    given(start, reserved).when(paymentFailed('authorize')).sends().leaves('running')
    given(start, reserved, paymentFailed('authorize')).when(silence).sends('payment.authorize')
    given(start, reserved, ...failures(paymentFailed('authorize'), 2))
      .when(paymentFailed('authorize'))
      .sends('payment.void', 'stock.release')
      .leaves('compensating')
    given(start, reserved, ...failures(paymentFailed('authorize'), 3), released)
      .when(voided)
      .sends(reject('payment_timeout'))
  })

  it('may succeed late', () => {
    given(start, reserved, paymentFailed('authorize')).when(authorized).sends(confirm, 'payment.capture')
  })

  it('is given up after three times no answer at all', () => {
    given(start, reserved).when(silence).sends('payment.authorize')
    given(start, reserved, ...silences(2))
      .when(silence)
      .sends('payment.void', 'stock.release')
  })
})

describe('silence', () => {
  it('about stock makes the saga ask again and again, then call for attention', () => {
    given(start, authorized).when(silence).sends('stock.reserve')
    given(start, authorized, ...silences(9))
      .when(silence)
      .sends()
      .leaves('needs_attention')
  })

  it('is over with a late answer', () => {
    given(start, authorized, ...silences(10))
      .when(reserved)
      .sends(confirm, 'payment.capture')
      .leaves('running')
  })

  it('about a compensation likewise', () => {
    const undoing = [start, authorized, outOfStock]
    given(...undoing)
      .when(silence)
      .sends('payment.void')
    given(...undoing, ...silences(10))
      .when(silence)
      .sends()
      .leaves('needs_attention')
    given(...undoing, ...silences(10))
      .when(voided)
      .sends(reject('out_of_stock'))
      .leaves('compensated')
  })

  it('about a parcel makes the saga ask where it is, wherever it is, and call for attention after a week', () => {
    for (const way of [
      [...toShipping, booked],
      [...toShipping, booked, dispatched, stockDispatched],
      [...toShipping, dispatched, stockDispatched],
    ]) {
      given(...way)
        .when(silence)
        .sends('shipment.track')
        .leaves('running')
      given(...way, ...silences(MAX_TRACKINGS))
        .when(silence)
        .sends()
        .leaves('needs_attention')
      given(...way, ...silences(MAX_TRACKINGS + 1))
        .when(delivered)
        .sends(...(way.includes(dispatched) ? [complete] : [ship, 'stock.dispatch']))
    }
  })

  it('about a parcel begins anew when it was heard of', () => {
    given(...toShipping, booked, ...silences(MAX_TRACKINGS + 1), dispatched, stockDispatched)
      .when(silence)
      .sends('shipment.track')
      .leaves('running')
  })

  it('about a parcel that was called back is none', () => {
    given(...toShipping, booked, cancel, shipmentCancelled)
      .when(silence)
      .sends('payment.refund')
  })

  it('about a parcel ends for sagas that began without a timer, too', () => {
    const { tracking: _, ...state } = [...toShipping, booked].reduce(
      (before, signal) => handle(before, '2026-01-01T00:00:00.000Z', signal).state,
      fulfilmentSaga.initial,
    )
    const at = '2026-01-01T00:00:01.000Z'
    expect(effects(fulfilmentSaga.decide(state, { type: 'deadline', at }))).toEqual(['shipment.track'])
  })
})

describe('a capture', () => {
  it('that is declined undoes everything at once', () => {
    given(...toPivot)
      .when(declined('capture'))
      .sends('payment.void', 'stock.release')
    given(...toPivot, declined('capture'), voided)
      .when(released)
      .sends(cancelOrder('capture_failed'))
  })

  it('that cannot be done now is tried three times', () => {
    given(...toPivot, paymentFailed('capture'))
      .when(silence)
      .sends('payment.capture')
    given(...toPivot, ...failures(paymentFailed('capture'), 2))
      .when(paymentFailed('capture'))
      .sends('payment.void', 'stock.release')
  })

  it('that did take place after all is refunded by the void', () => {
    const givenUp = [...toPivot, ...failures(paymentFailed('capture'), 3), released]
    given(...givenUp, captured)
      .when(refunded)
      .sends(cancelOrder('capture_failed'))
      .leaves('compensated')
  })
})

describe('a void or refund that the provider refuses for good', () => {
  const voiding = [...toPivot, declined('capture'), released]
  const refunding = [...toShipping, impossible, released]

  it('is not asked for again but shown to a human', () => {
    given(...voiding)
      .when(declined('void'))
      .sends()
      .leaves('needs_attention')
    given(...refunding)
      .when(declined('refund'))
      .sends()
      .leaves('needs_attention')
    // A void of a captured payment becomes a refund, and whichever it was may be refused.
    given(...voiding)
      .when(declined('refund'))
      .sends()
      .leaves('needs_attention')
    given(...refunding, declined('refund'))
      .when(declined('refund'))
      .sends()
      .leaves('needs_attention')
  })

  it('ends the order when the money is given back after all', () => {
    given(...refunding, declined('refund'))
      .when(refunded)
      .sends(cancelOrder('shipment_impossible'))
      .leaves('compensated')
  })

  it('tells nothing while nobody asked for one', () => {
    given(...toPivot)
      .when(declined('refund'))
      .sends()
      .leaves('running')
  })
})

describe('a shipment', () => {
  it('that is impossible refunds the payment and gives the stock back', () => {
    given(...toShipping)
      .when(impossible)
      .sends('payment.refund', 'stock.release')
    given(...toShipping, impossible, refunded)
      .when(released)
      .sends(cancelOrder('shipment_impossible'))
  })

  it('that cannot be arranged now is called back before anything else is undone', () => {
    const givenUp = [...toShipping, ...failures(shipmentFailed('ship'), 2)]
    given(...givenUp)
      .when(shipmentFailed('ship'))
      .sends('shipment.cancel')
    given(...givenUp, shipmentFailed('ship'))
      .when(shipmentCancelled)
      .sends('payment.refund', 'stock.release')
  })

  it('that turns out to have left is let go', () => {
    const givenUp = [...toShipping, ...failures(shipmentFailed('ship'), 2), shipmentFailed('ship')]
    given(...givenUp)
      .when(dispatched)
      .sends(refuseCancellation, ship, 'stock.dispatch')
      .leaves('running')
  })
})

describe('a cancellation', () => {
  it('before the pivot undoes what may have taken place', () => {
    given(start).when(cancel).sends('payment.void', 'stock.release')
    given(start, cancel, voided).when(released).sends(cancelOrder('customer_request')).leaves('compensated')
  })

  it('while the capture is under way voids, whatever became of it', () => {
    given(...toPivot)
      .when(cancel)
      .sends('payment.void', 'stock.release')
    given(...toPivot, cancel, captured, released)
      .when(refunded)
      .sends(cancelOrder('customer_request'))
  })

  it('while the parcel is being arranged calls it back first', () => {
    given(...toShipping, booked)
      .when(cancel)
      .sends('shipment.cancel')
    given(...toShipping, cancel)
      .when(shipmentCancelled)
      .sends('payment.refund', 'stock.release')
    given(...toShipping, cancel, shipmentCancelled, refunded)
      .when(released)
      .sends(cancelOrder('customer_request'))
  })

  it('is refused when the parcel left meanwhile, and the order goes on', () => {
    given(...toShipping, booked, cancel)
      .when(dispatched)
      .sends(refuseCancellation, ship, 'stock.dispatch')
    given(...toShipping, booked, cancel, dispatched)
      .when(cancellationRefused)
      .sends()
      .leaves('running')
    given(...toShipping, booked, cancel)
      .when(cancellationRefused)
      .sends(refuseCancellation)
      .leaves('running')
    given(...toShipping, booked, cancel, cancellationRefused)
      .when(silence)
      .sends('shipment.track')
    given(...toShipping, booked, cancel, cancellationRefused)
      .when(dispatched)
      .sends(ship, 'stock.dispatch')
    given(...toShipping, cancel)
      .when(cancellationRefused)
      .sends(refuseCancellation, 'shipment.ship')
  })

  it('that was refused is the last one: a parcel that stays missing then calls for attention', () => {
    const refused = [...toShipping, cancel, cancellationRefused, ...failures(shipmentFailed('ship'), 1)]
    given(...refused)
      .when(shipmentFailed('ship'))
      .sends()
      .leaves('needs_attention')
    given(...refused, shipmentFailed('ship'))
      .when(dispatched)
      .sends(ship, 'stock.dispatch')
      .leaves('running')
  })

  it('changes nothing about an order that is being undone anyway', () => {
    given(start, declined('authorize')).when(cancel).sends()
    given(start, declined('authorize'), cancel).when(released).sends(reject('payment_declined'))
  })
})
