import { streamKind } from '#libs/decider'
import { type Quantities, type StockEvent, stockHistory } from './movements.ts'
import { type Reservation, type ReservationEvent, reservationDecider } from './reservation.ts'

export const streamKinds = [
  streamKind<Reservation, ReservationEvent>('reservation', reservationDecider, {
    ...{ StockReserved: true, StockRejected: true, StockReleased: true, StockDispatched: true, StockReturned: true },
    ...{ ReturnRepeated: true, AnswerRepeated: true },
  }),
  streamKind<Quantities, StockEvent>('stock', stockHistory, { StockCounted: true, StockMoved: true }),
]
