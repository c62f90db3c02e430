import type { ReadPosition, TopicReader } from '#libs/messaging'
import { singleHeaders } from '../messages/single-headers.ts'
import type { Placed } from './key-order.ts'

const TOPICS = ['orders', 'payments', 'inventory', 'shipments'] as const
/** Records of others are read on the way. */
const MOST_READ = 20_000
const LONGEST_MS = 3_000
/** Clocks of several machines. */
const BEFORE_MS = 2_000

/** What lies in the topics of facts about these orders, from an instant on (ms since 1970), as far as the bounds allow. */
export const readFacts = async (
  reader: TopicReader,
  orderIds: ReadonlySet<string>,
  since: number,
): Promise<Placed[]> => {
  const deadline = Date.now() + LONGEST_MS
  const counts = await reader.partitionCounts(TOPICS)
  const places = Array.from(counts).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  let positions: ReadPosition[] = (await reader.offsetsAt(places, since - BEFORE_MS)).filter(
    ({ offset }) => offset >= 0,
  )
  let budget = MOST_READ
  const found: Placed[] = []
  while (positions.length > 0 && budget > 0 && Date.now() < deadline) {
    const read = await reader.read(positions)
    for (const { topic, partition, records } of read)
      for (const record of records) {
        budget--
        const { correlationid: orderId, ce_type: type } = singleHeaders(record)
        if (orderId && type && orderIds.has(orderId))
          found.push({ topic, partition, offset: record.offset, type, orderId })
      }
    positions = read
      .filter(({ isOutOfRange, next, end, offset }) => !isOutOfRange && next < end && next > offset)
      .map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
  }
  return found
}
