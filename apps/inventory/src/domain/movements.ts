import { type Evolution, type SnapshotPolicy, unreachable } from '#libs/decider'
import type { ReservationEvent } from './reservation.ts'
import type { StockLevel } from './stock.ts'

/** Why pieces of one product came, left or were promised; each names the document that it goes back to. */
export type Movement =
  | { readonly kind: 'receipt'; readonly quantity: number; readonly receiptId: string }
  | { readonly kind: 'reservation' | 'release' | 'dispatch'; readonly quantity: number; readonly orderId: string }
  | { readonly kind: 'return'; readonly quantity: number; readonly orderId: string; readonly returnId: string }

/** What happened to the stock of one product, as its stream `stock-<SKU>` keeps it. */
export type StockEvent =
  /** How much there was when somebody counted: what this product's movements start from. */
  | { readonly type: 'StockCounted'; readonly data: Quantities }
  /** Everything that one transaction moved, in its order: a hot product is one event for many orders. */
  | { readonly type: 'StockMoved'; readonly data: { readonly movements: readonly Movement[] } }

export type Quantities = Pick<StockLevel, 'onHand' | 'reserved'>

export const stockStream = (sku: string): string => `stock-${sku}`

/** By how much a movement changes the level. */
export const changeOf = ({ kind, quantity }: Movement): Quantities => {
  switch (kind) {
    case 'receipt':
    case 'return':
      return { onHand: quantity, reserved: 0 }
    case 'reservation':
      return { onHand: 0, reserved: quantity }
    case 'release':
      return { onHand: 0, reserved: -quantity }
    case 'dispatch':
      return { onHand: -quantity, reserved: -quantity }
    default:
      return unreachable(kind)
  }
}

export const moved = <Level extends Quantities>(level: Level, movement: Movement): Level => {
  const { onHand, reserved } = changeOf(movement)
  return { ...level, onHand: level.onHand + onHand, reserved: level.reserved + reserved }
}

/** The level that a product's events add up to, and how often it is kept: a product that sells has many a second. */
export const stockHistory: Evolution<Quantities, StockEvent> & { readonly snapshots: SnapshotPolicy } = {
  initial: { onHand: 0, reserved: 0 },
  snapshots: { every: 100, kept: 1_000, version: 1 },
  evolve: (level, event) =>
    event.type === 'StockCounted' ? event.data : event.data.movements.reduce<Quantities>(moved, level),
}

/** What changed a level: a movement, or a count, which says anew how much there is. */
export type Change = Movement | { readonly kind: 'count'; readonly quantity: number }

/** The changes that an event stands for, in its order, each with the level behind it. */
export const changesOf = (event: StockEvent, before: Quantities): { change: Change; after: Quantities }[] => {
  if (event.type === 'StockCounted')
    return [{ change: { kind: 'count', quantity: event.data.onHand }, after: event.data }]
  let after = before
  return event.data.movements.map((change) => {
    after = moved(after, change)
    return { change, after }
  })
}

export interface ProductMovement {
  readonly sku: string
  readonly movement: Movement
}

/** What an event of an order's reservation means for the products that it is about. */
export const movementsOf = (event: ReservationEvent): ProductMovement[] => {
  switch (event.type) {
    case 'StockReserved':
      return ofOrder('reservation', event.data)
    case 'StockReleased':
      return ofOrder('release', event.data)
    case 'StockDispatched':
      return ofOrder('dispatch', event.data)
    case 'StockReturned': {
      const { orderId, returnId, lines } = event.data
      return lines.map(({ sku, quantity }) => ({ sku, movement: { kind: 'return', quantity, orderId, returnId } }))
    }
    case 'StockRejected':
    case 'AnswerRepeated':
    case 'ReturnRepeated':
      return []
    default:
      return unreachable(event)
  }
}

const ofOrder = (
  kind: 'reservation' | 'release' | 'dispatch',
  { orderId, lines }: { orderId: string; lines: readonly { sku: string; quantity: number }[] },
): ProductMovement[] => lines.map(({ sku, quantity }) => ({ sku, movement: { kind, quantity, orderId } }))
