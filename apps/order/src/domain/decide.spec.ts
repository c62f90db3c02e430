import { describe, expect, it } from 'vitest'
import { fold } from '#libs/decider'
import { type OrderCommand, orderDecider } from './decide.ts'
import type { OrderDetails, OrderEvent } from './order.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })

const details: OrderDetails = {
  orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f',
  customerId: 'cust-0001',
  items: [{ sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: eur(890), lineTotal: eur(1780) }],
  total: eur(1780),
  payment: { token: 'tok_ok' },
  shippingAddress: { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' },
  coordination: 'orchestrated',
}

const placed: OrderEvent = { type: 'OrderPlaced', data: details }
const confirmed: OrderEvent = { type: 'OrderConfirmed', data: {} }
const shipped: OrderEvent = { type: 'OrderShipped', data: { trackingNumber: 'T1' } }
const completed: OrderEvent = { type: 'OrderCompleted', data: {} }
const rejected: OrderEvent = { type: 'OrderRejected', data: { reason: 'payment_declined' } }
const requested: OrderEvent = { type: 'OrderCancellationRequested', data: {} }
const refused: OrderEvent = { type: 'OrderCancellationRefused', data: {} }
const cancelled: OrderEvent = { type: 'OrderCancelled', data: { reason: 'customer_request' } }

const given = (...events: OrderEvent[]) => ({
  when: (command: OrderCommand) => {
    const decision = orderDecider.decide(fold(orderDecider, events), command)
    return {
      is: (...expected: OrderEvent[]) => expect(decision).toEqual(expected),
      isRefused: (reason: string) => expect(decision).toMatchObject({ refused: reason }),
    }
  },
})

describe('an order', () => {
  it('is placed once', () => {
    given().when({ type: 'place', details }).is(placed)
    given(placed).when({ type: 'place', details }).isRefused('already_placed')
  })

  it('goes from placed over confirmed and shipped to completed', () => {
    given(placed).when({ type: 'confirm' }).is(confirmed)
    given(placed, confirmed).when({ type: 'ship', trackingNumber: 'T1' }).is(shipped)
    given(placed, confirmed, shipped).when({ type: 'complete' }).is(completed)
  })

  it('takes no step out of turn', () => {
    given().when({ type: 'confirm' }).isRefused('not_found')
    given(placed).when({ type: 'ship', trackingNumber: 'T1' }).isRefused('out_of_turn')
    given(placed).when({ type: 'complete' }).isRefused('out_of_turn')
    given(placed, confirmed).when({ type: 'reject', reason: 'out_of_stock' }).isRefused('out_of_turn')
    given(placed, rejected).when({ type: 'confirm' }).isRefused('out_of_turn')
  })

  it('is rejected before it is confirmed and cancelled before or after', () => {
    given(placed).when({ type: 'reject', reason: 'payment_declined' }).is(rejected)
    given(placed).when({ type: 'cancel', reason: 'customer_request' }).is(cancelled)
    given(placed, confirmed).when({ type: 'cancel', reason: 'customer_request' }).is(cancelled)
  })
})

describe('a wish to cancel', () => {
  it('is taken down until the parcel has left', () => {
    given(placed).when({ type: 'requestCancellation' }).is(requested)
    given(placed, confirmed).when({ type: 'requestCancellation' }).is(requested)
    given(placed, confirmed, shipped).when({ type: 'requestCancellation' }).isRefused('already_dispatched')
    given(placed, confirmed, shipped, completed).when({ type: 'requestCancellation' }).isRefused('already_dispatched')
  })

  it('changes nothing when repeated, also when it has come true', () => {
    given(placed, requested).when({ type: 'requestCancellation' }).is()
    given(placed, requested, cancelled).when({ type: 'requestCancellation' }).is()
  })

  it('is refused for an order that ended otherwise', () => {
    given(placed, rejected).when({ type: 'requestCancellation' }).isRefused('already_ended')
  })

  it('is refused for good once the parcel turned out to have left', () => {
    given(placed, confirmed, requested).when({ type: 'refuseCancellation' }).is(refused)
    given(placed, confirmed, requested, refused).when({ type: 'requestCancellation' }).isRefused('already_dispatched')
    given(placed, confirmed).when({ type: 'refuseCancellation' }).is()
  })
})
