import { type Check, found } from './check.ts'

/** A message as it lies in its partition. */
export interface Placed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly type: string
  readonly orderId: string
}

/**
 * How far an order is when its owner says this. Facts of equal rank may come in either order, and those without one at
 * any time.
 */
const RANK: Readonly<Record<string, number>> = {
  'order.placed': 0,
  'order.confirmed': 1,
  'order.shipped': 2,
  'order.withdrawn': 2,
  'order.completed': 3,
  'order.rejected': 3,
  'order.cancelled': 3,
  'payment.authorized': 0,
  'payment.captured': 1,
  'payment.voided': 2,
  'payment.refunded': 2,
  'stock.reserved': 0,
  'stock.rejected': 0,
  'stock.released': 1,
  'stock.dispatched': 1,
  'shipment.booked': 0,
  'shipment.impossible': 0,
  'shipment.cancelled': 1,
  'shipment.dispatched': 1,
  'shipment.delivered': 2,
}

/**
 * What one owner says of one order lies in its partition in the order in which it was said. A fact that is said again
 * later, as an answer that is repeated, counts where it was said first.
 */
export const keyOrderCheck = (messages: readonly Placed[]): Check => {
  const sequences = Map.groupBy(
    messages.filter(({ type }) => type in RANK),
    ({ topic, partition, orderId }) => `order ${orderId} in ${topic}/${partition}`,
  )
  const wrong = Array.from(sequences).flatMap(([what, said]) => {
    const broken = firstBroken(said)
    return broken === undefined ? [] : [`${what}: ${broken}`]
  })
  const promise = 'What a service says of an order lies in its partition in the order in which it was said'
  return found({ name: 'key-order', promise, unit: 'orders’ parts of topics' }, sequences.size, wrong)
}

const firstBroken = (said: readonly Placed[]): string | undefined => {
  const seen = new Set<string>()
  let furthest: Placed | undefined
  for (const message of said.toSorted((a, b) => a.offset - b.offset)) {
    if (seen.has(message.type)) continue
    seen.add(message.type)
    if (furthest !== undefined && RANK[message.type]! < RANK[furthest.type]!)
      return `${message.type} at ${message.offset} is behind ${furthest.type} at ${furthest.offset}`
    if (furthest === undefined || RANK[message.type]! > RANK[furthest.type]!) furthest = message
  }
  return undefined
}
