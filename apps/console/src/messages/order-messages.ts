import { topicNames, topics } from '#libs/contracts'
import { partitionOf, type TopicReader, type TopicRecord } from '#libs/messaging'
import { type ShownMessage, shownData, shownMessage } from './shown-message.ts'
import { type Window, windowsAround } from './windows.ts'

export interface OrderMessages {
  readonly items: readonly (ShownMessage & { readonly data: unknown })[]
  /** Whether everything was read that could be there; else the bounds below came first. */
  readonly complete: boolean
}

/** When something happened to an order, as those know who follow it, and whose it is. */
export interface OrderTraces {
  readonly orderId: string
  /** The key of its messages. */
  readonly customerId: string
  /** ISO 8601. */
  readonly instants: readonly string[]
}

const MOST_WINDOWS = 12
/** Records of others that are read on the way, over all partitions. */
const MOST_READ = 20_000
const MOST_FOUND = 1_000
const LONGEST_MS = 5_000

interface Place {
  readonly topic: string
  readonly partition: number
}

/**
 * The messages of one order as they lie in their topics. Nobody keeps a list of them: they are looked for in the
 * partitions of their key, around the instants at which something is known to have happened.
 */
export const orderMessages = async (reader: TopicReader, traces: OrderTraces): Promise<OrderMessages> => {
  const deadline = Date.now() + LONGEST_MS
  const places = await placesOf(reader, traces.customerId)
  const windows = windowsAround(traces.instants, MOST_WINDOWS)
  const found = new Map<string, TopicRecord>()
  let budget = MOST_READ
  let complete = true
  for (const window of windows) {
    for await (const record of recordsWithin(reader, places, window)) {
      if (record.headers.correlationid === traces.orderId)
        found.set(`${record.topic}/${record.partition}/${record.offset}`, record)
      budget--
      if (budget <= 0 || found.size >= MOST_FOUND || Date.now() > deadline) {
        complete = false
        break
      }
    }
    if (!complete) break
  }
  const items = [...found.values()].map((record) => ({ ...shownMessage(record), data: shownData(record.value) }))
  items.sort((a, b) => Date.parse(a.publishedAt) - Date.parse(b.publishedAt))
  return { items, complete }
}

/** Where the messages of a key lie: also where they would lie if a topic had as few partitions as in the beginning. */
const placesOf = async (reader: TopicReader, key: string): Promise<Place[]> => {
  const counts = await reader.partitionCounts(topicNames)
  return topicNames.flatMap((topic) => {
    const count = counts.get(topic)
    if (count === undefined) return []
    const partitions = new Set([partitionOf(key, count), partitionOf(key, Math.min(count, topics[topic].partitions))])
    return [...partitions].map((partition) => ({ topic, partition }))
  })
}

async function* recordsWithin(reader: TopicReader, places: readonly Place[], { from, to }: Window) {
  let positions = (await reader.offsetsAt(places, from)).filter(({ offset }) => offset >= 0)
  while (positions.length > 0) {
    const read = await reader.read(positions)
    for (const { records } of read) for (const record of records) if (record.timestamp <= to) yield record
    positions = read
      // Records of a partition are as good as in the order of time: a batch that is younger than the window ends it.
      .filter(({ next, end, offset, records, isOutOfRange }) => {
        const youngest = records.at(-1)?.timestamp ?? 0
        return !isOutOfRange && next < end && next > offset && youngest <= to
      })
      .map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
  }
}
