import type { DataOf, MessageTypeOn } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Reservation } from './reservation.ts'

type FactType = Exclude<MessageTypeOn<'inventory'>, 'stock.received'>
export type Fact = { [T in FactType]: { readonly type: T; readonly data: DataOf<T> } }[FactType]

/** What the world is told after each event: how the reservation stands now. */
export const factOf = (reservation: Reservation): Fact | undefined => {
  if (reservation.status === 'none') return undefined
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
