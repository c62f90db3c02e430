import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { moved, movementsOf, type StockEvent, stockHistory } from './movements.ts'
import { factOf } from './published-facts.ts'
import {
  decide,
  type Reservation,
  type ReservationEvent,
  type ReservationInput,
  reservationDecider,
} from './reservation.ts'
import type { StockLevel, StockLevels } from './stock.ts'

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
const takeBack = (returnId: string, ...lines: { sku: string; quantity: number }[]): ReservationInput => ({
  type: 'return',
  data: { ...about, returnId, lines },
})
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
    expect(factOf(again, fold(reservationDecider, [nothing, again]))?.type).toBe('stock.released')
  })
  test('is too late once the goods have left', () => {
    expect(given(reserved, dispatched).when(release)).toBe('already_dispatched')
  })
})

describe('dispatching', () => {
  test('turns a reservation into a smaller stock, once', () => {
    expect(given(reserved).when(dispatch)).toEqual([dispatched])
    expect(given(reserved, dispatched).when(dispatch)).toEqual([again])
    const { orderId } = about
    expect(movementsOf(dispatched)).toEqual([
      { sku: 'MUG', movement: { kind: 'dispatch', quantity: 2, orderId } },
      { sku: 'BOWL', movement: { kind: 'dispatch', quantity: 1, orderId } },
    ])
  })
  test('needs a reservation', () => {
    for (const before of [[], [rejected], [reserved, released]])
      expect(given(...before).when(dispatch)).toBe('nothing_reserved')
  })
})

describe('returning', () => {
  const oneMug = { sku: 'MUG', quantity: 1 }
  const back: ReservationEvent = { type: 'StockReturned', data: { ...about, returnId: 'r1', lines: [oneMug] } }

  test('puts pieces on the shelf again, once for each return', () => {
    expect(given(reserved, dispatched).when(takeBack('r1', oneMug))).toEqual([back])
    const repeated: ReservationEvent = { type: 'ReturnRepeated', data: { returnId: 'r1' } }
    expect(given(reserved, dispatched, back).when(takeBack('r1', oneMug))).toEqual([repeated])
    const other: ReservationEvent = { type: 'StockReturned', data: { ...about, returnId: 'r2', lines } }
    const state = fold(reservationDecider, [reserved, dispatched, back, other])
    for (const event of [back, repeated])
      expect(factOf(event, state)).toEqual({ type: 'stock.returned', data: back.data })
    expect(given(reserved, dispatched, back).when(takeBack('r2', oneMug))).toMatchObject([{ type: 'StockReturned' }])
    const movement = { kind: 'return', quantity: 1, orderId: about.orderId, returnId: 'r1' }
    expect(movementsOf(back)).toEqual([{ sku: 'MUG', movement }])
  })
  test('takes no more of a product than had left, over all returns', () => {
    expect(given(reserved, dispatched, back).when(takeBack('r2', oneMug, oneMug))).toBe('not_dispatched')
    expect(given(reserved, dispatched).when(takeBack('r1', { sku: 'VASE', quantity: 1 }))).toBe('not_dispatched')
  })
  test('needs goods that have left', () => {
    for (const before of [[], [rejected], [reserved], [reserved, released]])
      expect(given(...before).when(takeBack('r1', oneMug))).toBe('nothing_dispatched')
  })
  test('leaves the rest of the answers as they were', () => {
    expect(given(reserved, dispatched, back).when(dispatch)).toEqual([again])
    expect(given(reserved, dispatched, back).when(release)).toBe('already_dispatched')
  })
})

test('the world is told how the reservation stands', () => {
  const facts = [reserved, rejected, released, dispatched].map((event) =>
    factOf(event, fold(reservationDecider, [event])),
  )
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
  type: fc.constantFrom('reserve', 'release', 'dispatch', 'return'),
  returnId: fc.constantFrom('r1', 'r2'),
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
        const history = new Map(
          SKUS.map((sku) => [sku, [{ type: 'StockCounted', data: { onHand: stock, reserved: 0 } }] as StockEvent[]]),
        )
        for (const { order, type, returnId } of commands) {
          const who = { orderId: String(order), customerId: 'cust-0001' }
          const input =
            type === 'reserve'
              ? { type, data: { ...who, lines: orders[order]! }, levels: level }
              : ({ type, data: { ...who, returnId, lines: orders[order]!.slice(0, 1) } } as ReservationInput)
          const decision = decide(reservations[order]!, input as ReservationInput)
          if (isRefusal(decision)) continue
          for (const event of decision) {
            reservations[order] = reservationDecider.evolve(reservations[order]!, event)
            for (const { sku, movement } of movementsOf(event)) {
              const before = level.get(sku)!
              const after = moved(before, movement)
              level.set(sku, after)
              gone.set(sku, gone.get(sku)! + before.onHand - after.onHand)
              history.get(sku)!.push({ type: 'StockMoved', data: { movements: [movement] } })
            }
          }
        }
        for (const { sku, onHand, reserved } of level.values()) {
          expect(reserved).toBeGreaterThanOrEqual(0)
          expect(onHand).toBeGreaterThanOrEqual(reserved)
          expect(onHand + gone.get(sku)!).toBe(stock)
          expect(gone.get(sku)).toBeGreaterThanOrEqual(0)
          expect(fold(stockHistory, history.get(sku)!)).toEqual({ onHand, reserved })
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
