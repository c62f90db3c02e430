import { type Movement, moved, type Quantities, type StockEvent, stockHistory } from './movements.ts'

/** What a product's events add up to, up to one of its versions, and which orders still hold pieces of it. */
export interface StockProof {
  readonly version: number
  readonly level: Quantities
  /** Pieces held by each order that holds some; negative where more was given back than was taken. */
  readonly held: ReadonlyMap<string, number>
  /** Pieces that were reserved when somebody counted, by orders that no event names. */
  readonly unnamed: number
}

export const NO_PROOF: StockProof = { version: 0, level: stockHistory.initial, held: new Map(), unnamed: 0 }

/** The proof with the events that follow, in order. */
export const proved = (proof: StockProof, events: readonly StockEvent[]): StockProof => {
  const held = new Map(proof.held)
  let { level, unnamed } = proof
  for (const event of events) {
    if (event.type === 'StockCounted') {
      held.clear()
      unnamed = event.data.reserved
    } else for (const movement of event.data.movements) note(held, movement)
    level = event.type === 'StockCounted' ? event.data : event.data.movements.reduce(moved, level)
  }
  return { version: proof.version + events.length, level, held, unnamed }
}

const note = (held: Map<string, number>, movement: Movement): void => {
  if (movement.kind === 'receipt' || movement.kind === 'return') return
  const { kind, orderId, quantity } = movement
  const left = (held.get(orderId) ?? 0) + (kind === 'reservation' ? quantity : -quantity)
  if (left === 0) held.delete(orderId)
  else held.set(orderId, left)
}

/** What is wrong with a level, in words, when its events say otherwise or it makes no sense by itself. */
export const wrongWith = (sku: string, level: Quantities, { level: folded, held, unnamed }: StockProof): string[] => {
  const wrong: string[] = []
  if (level.onHand !== folded.onHand || level.reserved !== folded.reserved)
    wrong.push(`${sku}: ${say(level)}, its events say ${say(folded)}`)
  if (level.reserved < 0 || level.onHand < level.reserved) wrong.push(`${sku}: ${say(level)} cannot be`)
  // What was reserved before somebody counted belongs to orders that are not known by name.
  if (unnamed > 0) return wrong
  for (const [orderId, pieces] of held)
    if (pieces < 0) wrong.push(`${sku}: order ${orderId} gave back ${-pieces} more than it took`)
  const sum = [...held.values()].reduce((all, pieces) => all + pieces, 0)
  if (sum !== level.reserved) wrong.push(`${sku}: ${level.reserved} reserved, orders hold ${sum}`)
  return wrong
}

const say = ({ onHand, reserved }: Quantities): string => `${onHand} on hand and ${reserved} reserved`
