import type { DataOf, StockLine } from '#libs/contracts'
import { type Decider, type Refusal, refuse, unreachable } from '#libs/decider'
import { type StockLevels, shortagesOf } from './stock.ts'

interface About {
  readonly orderId: string
  readonly customerId: string
}
type Shortages = DataOf<'stock.rejected'>['shortages']

/** What an order holds of the stock. */
export type Reservation =
  | { readonly status: 'none' }
  | (About & { readonly status: 'reserved'; readonly lines: readonly StockLine[] })
  | (About & { readonly status: 'rejected'; readonly shortages: Shortages })
  | (About & { readonly status: 'released'; readonly lines: readonly StockLine[] })
  | (About & {
      readonly status: 'dispatched'
      readonly lines: readonly StockLine[]
      /** What came back since, by the return that brought it. */
      readonly returned: readonly Returned[]
    })

export interface Returned {
  readonly returnId: string
  readonly lines: readonly StockLine[]
}

/** What happened to a reservation, as its stream `reservation-<orderId>` keeps it. */
export type ReservationEvent =
  | { readonly type: 'StockReserved'; readonly data: About & { readonly lines: readonly StockLine[] } }
  | { readonly type: 'StockRejected'; readonly data: About & { readonly shortages: Shortages } }
  /** `lines` is empty when nothing was reserved; nothing will be from then on. */
  | { readonly type: 'StockReleased'; readonly data: About & { readonly lines: readonly StockLine[] } }
  | { readonly type: 'StockDispatched'; readonly data: About & { readonly lines: readonly StockLine[] } }
  /** Goods that had left are on the shelf again. */
  | { readonly type: 'StockReturned'; readonly data: About & Returned }
  /** Somebody asked for a return that is on the shelf, and hears of it again. */
  | { readonly type: 'ReturnRepeated'; readonly data: Pick<Returned, 'returnId'> }
  /** Somebody asked for what is already settled and hears again how it is. */
  | { readonly type: 'AnswerRepeated'; readonly data: Record<never, never> }

export type ReservationInput =
  /** `levels` of every line's product, as they are right now; a product that is missing is not known here. */
  | { readonly type: 'reserve'; readonly data: DataOf<'stock.reserve'>; readonly levels: StockLevels }
  | { readonly type: 'release'; readonly data: DataOf<'stock.release'> }
  | { readonly type: 'dispatch'; readonly data: DataOf<'stock.dispatch'> }
  /** What a return brought back in good order; asking again with the same `returnId` changes nothing. */
  | { readonly type: 'return'; readonly data: About & Returned }

export type ReservationRefusal = 'nothing_reserved' | 'already_dispatched' | 'nothing_dispatched' | 'not_dispatched'

type Decision = readonly ReservationEvent[] | Refusal<ReservationRefusal>

const again: Decision = [{ type: 'AnswerRepeated', data: {} }]

export const decide = (reservation: Reservation, input: ReservationInput): Decision => {
  switch (input.type) {
    case 'reserve':
      return reservation.status === 'none' ? reserve(input.data, input.levels) : again
    case 'release':
      return release(reservation, input.data)
    case 'dispatch':
      return dispatch(reservation)
    case 'return':
      return takeBack(reservation, input.data)
    default:
      return unreachable(input)
  }
}

/** All lines or none. */
const reserve = ({ orderId, customerId, lines }: DataOf<'stock.reserve'>, levels: StockLevels): Decision => {
  const shortages = shortagesOf(levels, lines)
  return shortages.length === 0
    ? [{ type: 'StockReserved', data: { orderId, customerId, lines } }]
    : [{ type: 'StockRejected', data: { orderId, customerId, shortages } }]
}

const release = (reservation: Reservation, { orderId, customerId }: About): Decision => {
  switch (reservation.status) {
    case 'none':
    case 'rejected':
      return [{ type: 'StockReleased', data: { orderId, customerId, lines: [] } }]
    case 'reserved':
      return [{ type: 'StockReleased', data: { orderId, customerId, lines: reservation.lines } }]
    case 'released':
      return again
    case 'dispatched':
      return refuse('already_dispatched', 'the goods have left the warehouse')
    default:
      return unreachable(reservation)
  }
}

const dispatch = (reservation: Reservation): Decision => {
  if (reservation.status === 'dispatched') return again
  if (reservation.status !== 'reserved') return refuse('nothing_reserved', `the reservation is ${reservation.status}`)
  const { orderId, customerId, lines } = reservation
  return [{ type: 'StockDispatched', data: { orderId, customerId, lines } }]
}

/** Never more of a product than left for this order, over all its returns. */
const takeBack = (reservation: Reservation, { returnId, lines }: Returned): Decision => {
  if (reservation.status !== 'dispatched')
    return refuse('nothing_dispatched', `the reservation is ${reservation.status}`)
  const { orderId, customerId, returned } = reservation
  if (returned.some((earlier) => earlier.returnId === returnId)) return [{ type: 'ReturnRepeated', data: { returnId } }]
  const back = piecesOf([...returned.flatMap((earlier) => earlier.lines), ...lines])
  const left = piecesOf(reservation.lines)
  for (const [sku, quantity] of back)
    if (quantity > (left.get(sku) ?? 0))
      return refuse('not_dispatched', `${quantity} of ${sku} would be back, ${left.get(sku) ?? 0} had left`)
  return [{ type: 'StockReturned', data: { orderId, customerId, returnId, lines } }]
}

const piecesOf = (lines: readonly StockLine[]): ReadonlyMap<string, number> => {
  const pieces = new Map<string, number>()
  for (const { sku, quantity } of lines) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity)
  return pieces
}

export const evolve = (reservation: Reservation, event: ReservationEvent): Reservation => {
  switch (event.type) {
    case 'StockReserved':
      return { status: 'reserved', ...event.data }
    case 'StockRejected':
      return { status: 'rejected', ...event.data }
    case 'StockReleased':
      return { status: 'released', ...event.data }
    case 'StockDispatched':
      return { status: 'dispatched', ...event.data, returned: [] }
    case 'StockReturned': {
      if (reservation.status !== 'dispatched')
        throw new Error(`goods came back of a reservation that is ${reservation.status}`)
      const { returnId, lines } = event.data
      return { ...reservation, returned: [...reservation.returned, { returnId, lines }] }
    }
    case 'AnswerRepeated':
    case 'ReturnRepeated':
      return reservation
    default:
      return unreachable(event)
  }
}

export const reservationDecider: Decider<Reservation, ReservationInput, ReservationEvent, ReservationRefusal> = {
  initial: { status: 'none' },
  decide,
  evolve,
}
