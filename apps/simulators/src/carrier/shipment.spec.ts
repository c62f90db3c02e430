import { describe, expect, test } from 'vitest'
import { type Booking, book, isImpossible, type Shipment, statusOf, unacknowledged } from './shipment.ts'

const booking: Booking = {
  orderId: 'order-1',
  address: { name: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' },
  lines: [{ sku: 'MUG', quantity: 1 }],
  callbackUrl: 'http://fulfillment.example/webhooks',
}
const booked = (changes: Partial<Shipment> = {}): Shipment => ({
  ...book(booking, { id: 'abc', now: 1_000, dispatchMs: 100, deliveryMs: 50 }),
  id: 1,
  cancelled: 0,
  acknowledged: 0,
  ...changes,
})
const types = (shipment: Shipment, now: number) => unacknowledged(shipment, now).map(({ type }) => type)

describe('shipment', () => {
  test('is dispatched, then delivered, each when it is due', () => {
    const shipment = booked()
    expect([types(shipment, 1_099), statusOf(shipment, 1_099)]).toEqual([[], 'booked'])
    expect([types(shipment, 1_100), statusOf(shipment, 1_149)]).toEqual([['dispatched'], 'dispatched'])
    expect([types(shipment, 1_150), statusOf(shipment, 1_150)]).toEqual([['dispatched', 'delivered'], 'delivered'])
  })

  test('after a long stop both happen at once, in order, at the times that were promised', () => {
    expect(unacknowledged(booked(), 9_999)).toMatchObject([
      { eventId: 'shp_abc-dispatched', at: '1970-01-01T00:00:01.100Z' },
      { eventId: 'shp_abc-delivered', at: '1970-01-01T00:00:01.150Z' },
    ])
  })

  test('what was acknowledged is not told again', () => {
    expect(types(booked({ acknowledged: 1 }), 9_999)).toEqual(['delivered'])
    expect(types(booked({ acknowledged: 2 }), 9_999)).toEqual([])
  })

  test('goes nowhere when it is cancelled', () => {
    expect(types(booked({ cancelled: 1 }), 9_999)).toEqual([])
  })

  test('some addresses are impossible always, others at the given rate, and a key decides the same every time', () => {
    const nowhere = { ...booking, address: { ...booking.address, postalCode: '00000' } }
    expect(isImpossible(nowhere, 'key', 0)).toBe(true)
    const keys = Array.from({ length: 1_000 }, (_, n) => `key-${n}`)
    const impossible = (rate: number) => keys.filter((key) => isImpossible(booking, key, rate))
    expect(impossible(0)).toEqual([])
    expect(impossible(1)).toEqual(keys)
    expect(impossible(0.3).length).toBeGreaterThan(200)
    expect(impossible(0.3).length).toBeLessThan(400)
    expect(impossible(0.3)).toEqual(impossible(0.3))
  })
})
