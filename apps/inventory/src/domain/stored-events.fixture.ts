import type { StoredEvents } from '#libs/testing'
import { type Quantities, type StockEvent, stockHistory } from './movements.ts'
import { type Reservation, type ReservationEvent, reservationDecider } from './reservation.ts'

const about = { orderId: 'ae0e8d2a-88a8-44c0-893e-f7bdd7d8e061', customerId: 'cust-0001' }
const { orderId } = about
const lines = [{ sku: 'MUG-WHITE-330', quantity: 2 }]
const returnId = '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90'

export const reservationEvents: StoredEvents<Reservation, ReservationEvent> = {
  evolution: reservationDecider,
  first: {
    StockReserved: { ...about, lines },
    StockRejected: { ...about, shortages: [{ sku: 'MUG-WHITE-330', quantity: 2, available: 1 }] },
    StockReleased: { ...about, lines },
    StockDispatched: { ...about, lines },
    StockReturned: { ...about, returnId, lines },
    ReturnRepeated: { returnId },
    AnswerRepeated: {},
  },
  streams: [
    { types: ['StockRejected', 'AnswerRepeated'], is: { status: 'rejected', ...about } },
    { types: ['StockReserved', 'StockReleased'], is: { status: 'released', lines } },
    {
      types: ['StockReserved', 'StockDispatched', 'StockReturned', 'ReturnRepeated'],
      is: { status: 'dispatched', lines, returned: [{ returnId, lines }] },
    },
  ],
}

export const stockEvents: StoredEvents<Quantities, StockEvent> = {
  evolution: stockHistory,
  first: {
    StockCounted: { onHand: 10, reserved: 4 },
    StockMoved: {
      movements: [
        { kind: 'receipt', quantity: 5, receiptId: '0d2f7b0a-8c9b-5d57-9a53-6f0e3b7c1a11' },
        { kind: 'reservation', quantity: 3, orderId },
        { kind: 'dispatch', quantity: 3, orderId },
        { kind: 'return', quantity: 1, orderId, returnId },
        { kind: 'release', quantity: 2, orderId },
      ],
    },
  },
  streams: [{ types: ['StockCounted', 'StockMoved'], is: { onHand: 13, reserved: 2 } }],
}
