import type { ReadRecord } from './topic.ts'

const RANK: Record<string, number> = {
  'order.placed': 0,
  'order.confirmed': 1,
  'order.shipped': 2,
  'order.completed': 3,
  'order.rejected': 3,
  'order.cancelled': 3,
}

/** Violations of "one order's facts come in order and a duplicate is a duplicate" on the topic `orders`. */
export const outOfOrder = (records: readonly ReadRecord[]): string[] => {
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const partitionOf = new Map<string, number>()
  const problems: string[] = []
  for (const { id, type, key, partition, headers } of records) {
    if (seen.has(id) || RANK[type] === undefined) continue
    seen.add(id)
    if ((partitionOf.get(key) ?? partition) !== partition) problems.push(`customer ${key} is on two partitions`)
    partitionOf.set(key, partition)
    const orderId = headers.ce_subject!
    if (RANK[type] <= (last.get(orderId) ?? -1)) problems.push(`order ${orderId}: ${type} comes too late`)
    last.set(orderId, RANK[type])
  }
  return problems
}
