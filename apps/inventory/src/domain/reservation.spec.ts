import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { factOf } from './published-facts.ts'
import {
  decide,
  type Reservation,
  type ReservationEvent,
  type ReservationInput,
  reservationDecider,
} from './reservation.ts'
import { changed, type StockLevel, type StockLevels, stockChanges } from './stock.ts'

const about = { orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01', customerId: 'cust-0001' }
const lines = [
  { sku: 'MUG', quantity: 2 },
  { sku: 'BOWL', quantity: 1 },
]
const levels = (...entries: [string, number, number][]): StockLevels =>
  new Map(entries.map(([sku, onHand, reserved]) => [sku, { sku, onHand, reserved }]))
const enough = levels(['MUG', 2, 0], ['BOWL', 5, 4])

const reserve = (stock: StockLevels): ReservationInput => ({
  type: 'reserve',
  data: { ...about, lines },
  levels: stock,
})
const release: ReservationInput = { type: 'release', data: about }
const dispatch: ReservationInput = { type: 'dispatch', data: about }

const reserved: ReservationEvent = { type: 'StockReserved', data: { ...about, lines } }
const released: ReservationEvent = { type: 'StockReleased', data: { ...about, lines } }
const rejected: ReservationEvent = {
  type: 'StockRejected',
  data: { ...about, shortages: [{ sku: 'MUG', quantity: 2, available: 1 }] },
}
const dispatched: ReservationEvent = { type: 'StockDispatched', data: { ...about, lines } }
const again: ReservationEvent = { type: 'AnswerRepeated', data: {} }

const given = (...events: ReservationEvent[]) => ({
  when: (input: ReservationInput) => {
    const decision = decide(Object.freeze(fold(reservationDecider, events)), input)
    return isRefusal(decision) ? decision.refused : decision
  },
})

describe('reserving', () => {
  test('takes every line', () => {
    expect(given().when(reserve(enough))).toEqual([reserved])
  })
  test('takes no line when one is short, and says which', () => {
    expect(given().when(reserve(levels(['MUG', 5, 4], ['BOWL', 5, 0])))).toEqual([rejected])
  })
  test('knows nothing available of a product it does not know', () => {
    expect(given().when(reserve(levels(['MUG', 5, 0])))).toMatchObject([
      { type: 'StockRejected', data: { shortages: [{ sku: 'BOWL', quantity: 1, available: 0 }] } },
    ])
  })
  test('adds up the lines of one product', () => {
    const twice = { ...about, lines: [lines[0]!, lines[0]!] }
    expect(given().when({ type: 'reserve', data: twice, levels: levels(['MUG', 3, 0]) })).toMatchObject([
      { type: 'StockRejected' },
    ])
  })
  test('is answered again, never done again', () => {
    for (const before of [reserved, rejected, released, dispatched])
      expect(given(before).when(reserve(enough))).toEqual([again])
  })
})

describe('releasing', () => {
  test('gives back what was reserved, once', () => {
    expect(given(reserved).when(release)).toEqual([released])
    expect(given(reserved, released).when(release)).toEqual([again])
  })
  test('before any reservation means that there will be none', () => {
    const nothing: ReservationEvent = { type: 'StockReleased', data: { ...about, lines: [] } }
    expect(given().when(release)).toEqual([nothing])
    expect(given(rejected).when(release)).toEqual([nothing])
    expect(given(nothing).when(reserve(enough))).toEqual([again])
    expect(factOf(fold(reservationDecider, [nothing, again]))?.type).toBe('stock.released')
  })
  test('is too late once the goods have left', () => {
    expect(given(reserved, dispatched).when(release)).toBe('already_dispatched')
  })
})

describe('dispatching', () => {
  test('turns a reservation into a smaller stock, once', () => {
    expect(given(reserved).when(dispatch)).toEqual([dispatched])
    expect(given(reserved, dispatched).when(dispatch)).toEqual([again])
    expect(stockChanges(dispatched)).toEqual([
      { sku: 'MUG', onHand: -2, reserved: -2 },
      { sku: 'BOWL', onHand: -1, reserved: -1 },
    ])
  })
  test('needs a reservation', () => {
    for (const before of [[], [rejected], [reserved, released]])
      expect(given(...before).when(dispatch)).toBe('nothing_reserved')
  })
})

test('the world is told how the reservation stands', () => {
  const facts = [reserved, rejected, released, dispatched].map((event) => factOf(fold(reservationDecider, [event])))
  expect(facts.map((fact) => fact?.type)).toEqual([
    'stock.reserved',
    'stock.rejected',
    'stock.released',
    'stock.dispatched',
  ])
})

const SKUS = ['A', 'B', 'C']
const command = fc.record({
  order: fc.integer({ min: 0, max: 5 }),
  type: fc.constantFrom('reserve', 'release', 'dispatch'),
})
const baskets = fc.array(
  fc.array(fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  { minLength: 6, maxLength: 6 },
)

test('stock is conserved, whatever is asked how often and in which order', () => {
  fc.assert(
    fc.property(
      baskets,
      fc.array(command, { maxLength: 60 }),
      fc.integer({ min: 0, max: 8 }),
      (orders, commands, stock) => {
        const level = new Map<string, StockLevel>(SKUS.map((sku) => [sku, { sku, onHand: stock, reserved: 0 }]))
        const reservations: Reservation[] = orders.map(() => reservationDecider.initial)
        const gone = new Map(SKUS.map((sku) => [sku, 0]))
        for (const { order, type } of commands) {
          const who = { orderId: String(order), customerId: 'cust-0001' }
          const input =
            type === 'reserve'
              ? { type, data: { ...who, lines: orders[order]! }, levels: level }
              : ({ type, data: who } as ReservationInput)
          const decision = decide(reservations[order]!, input as ReservationInput)
          if (isRefusal(decision)) continue
          for (const event of decision) {
            reservations[order] = reservationDecider.evolve(reservations[order]!, event)
            for (const change of stockChanges(event)) {
              level.set(change.sku, changed(level.get(change.sku)!, change))
              gone.set(change.sku, gone.get(change.sku)! - change.onHand)
            }
          }
        }
        for (const { sku, onHand, reserved } of level.values()) {
          expect(reserved).toBeGreaterThanOrEqual(0)
          expect(onHand).toBeGreaterThanOrEqual(reserved)
          expect(onHand + gone.get(sku)!).toBe(stock)
          const held = reservations
            .flatMap((r) => (r.status === 'reserved' ? r.lines : []))
            .filter((l) => l.sku === sku)
          expect(held.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(reserved)
        }
      },
    ),
    { numRuns: 500 },
  )
})
