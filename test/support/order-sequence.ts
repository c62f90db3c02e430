import { type ReadRecord, readTopic } from './topic.ts'

type Ranks = Readonly<Record<string, number>>

/**
 * How far along its way each message of a topic is. Of one subject none comes after one of a higher rank. A participant
 * that is asked again says the same again; an order has nothing to repeat. What may come at any time (failures, refusals) has no rank.
 */
const RANKS: Readonly<Record<string, Ranks>> = {
  orders: {
    'order.placed': 0,
    'order.confirmed': 1,
    'order.shipped': 2,
    'order.withdrawn': 2,
    'order.completed': 3,
    'order.rejected': 3,
    'order.cancelled': 3,
  },
  payments: { 'payment.authorized': 0, 'payment.captured': 1, 'payment.voided': 2, 'payment.refunded': 2 },
  inventory: { 'stock.reserved': 0, 'stock.rejected': 0, 'stock.released': 1, 'stock.dispatched': 1 },
  shipments: {
    'shipment.booked': 0,
    'shipment.impossible': 0,
    'shipment.cancelled': 1,
    'shipment.dispatched': 1,
    'shipment.delivered': 2,
  },
  'payment-commands': { 'payment.authorize': 0, 'payment.capture': 1, 'payment.void': 2, 'payment.refund': 2 },
  'inventory-commands': { 'stock.reserve': 0, 'stock.dispatch': 1, 'stock.release': 1 },
}

/** What the fulfilment of an orchestrated order is commanded by; its returns have commands in either style. */
const COMMANDS: Readonly<Record<string, ReadonlySet<string>>> = {
  'payment-commands': new Set(['payment.authorize', 'payment.capture', 'payment.void', 'payment.refund']),
  'inventory-commands': new Set(['stock.reserve', 'stock.dispatch', 'stock.release']),
  'fulfillment-commands': new Set(['shipment.ship', 'shipment.cancel', 'shipment.track']),
}

/** The commands that were sent to fulfil or undo these orders. */
export const commandsFor = async (brokers: string[], orderIds: Iterable<string>): Promise<string[]> => {
  const ours = new Set(orderIds)
  const sent = await Promise.all(
    Object.entries(COMMANDS).map(async ([topic, types]) =>
      (await readTopic(brokers, topic))
        .filter(({ type, headers }) => types.has(type) && ours.has(headers.correlationid ?? ''))
        .map(({ type, headers }) => `${type} of order ${headers.correlationid}`),
    ),
  )
  return sent.flat()
}

/** Violations of "one customer's messages come in order and a duplicate is a duplicate", on every topic. */
export const outOfOrder = async (brokers: string[], orderIds: Iterable<string>): Promise<string[]> => {
  const ours = new Set(orderIds)
  const problems = await Promise.all(
    Object.entries(RANKS).map(async ([topic, ranks]) => {
      const records = (await readTopic(brokers, topic)).filter(({ headers }) => ours.has(headers.ce_subject ?? ''))
      if (records.length === 0) return [`nothing is on ${topic}`]
      return outOfSequence(records, ranks, topic !== 'orders').map((problem) => `${topic}: ${problem}`)
    }),
  )
  return problems.flat()
}

const outOfSequence = (records: readonly ReadRecord[], ranks: Ranks, mayRepeat: boolean): string[] => {
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const partitionOf = new Map<string, number>()
  const problems: string[] = []
  for (const { id, type, key, partition, headers } of records) {
    const rank = ranks[type]
    if (seen.has(id) || rank === undefined) continue
    seen.add(id)
    if ((partitionOf.get(key) ?? partition) !== partition) problems.push(`customer ${key} is on two partitions`)
    partitionOf.set(key, partition)
    const orderId = headers.ce_subject!
    const least = last.get(orderId) ?? -1
    if (rank < least || (rank === least && !mayRepeat)) problems.push(`order ${orderId}: ${type} comes too late`)
    last.set(orderId, rank)
  }
  return problems
}
