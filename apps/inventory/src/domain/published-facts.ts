import type { DataOf, MessageTypeOn } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Reservation, ReservationEvent } from './reservation.ts'

type FactType = Exclude<MessageTypeOn<'inventory'>, 'stock.received'>
export type Fact = { [T in FactType]: { readonly type: T; readonly data: DataOf<T> } }[FactType]

/** What the world is told after each event: what came back, else how the reservation stands now. */
export const factOf = (event: ReservationEvent, reservation: Reservation): Fact | undefined => {
  if (reservation.status === 'none') return undefined
  if ('returnId' in event.data) return returned(reservation, event.data.returnId)
  const { orderId, customerId } = reservation
  const about = { orderId, customerId }
  switch (reservation.status) {
    case 'reserved':
      return { type: 'stock.reserved', data: { ...about, lines: [...reservation.lines] } }
    case 'rejected':
      return { type: 'stock.rejected', data: { ...about, shortages: [...reservation.shortages] } }
    case 'released':
      return { type: 'stock.released', data: { ...about, lines: [...reservation.lines] } }
    case 'dispatched':
      return { type: 'stock.dispatched', data: { ...about, lines: [...reservation.lines] } }
    default:
      return unreachable(reservation)
  }
}

const returned = (reservation: Reservation, id: string): Fact => {
  if (reservation.status !== 'dispatched') throw new Error(`a return, while the reservation is ${reservation.status}`)
  const { orderId, customerId } = reservation
  const { returnId, lines } = reservation.returned.find(({ returnId }) => returnId === id)!
  return { type: 'stock.returned', data: { orderId, customerId, returnId, lines: [...lines] } }
}
