import { type EventFilter, type MessageType, meansData, meansType, messages, type Topic } from '#libs/contracts'
import { Problem } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import type { ShownRecord } from './shown-record.ts'
import { topicMessages } from './topic-messages.ts'

/** Facts, which is what may be subscribed to: see apps/notification/src/subscriptions/fan-out.ts. */
const FACTS: readonly Topic[] = ['orders', 'payments', 'inventory', 'shipments', 'notifications', 'subscriptions']
/** The newest of each topic. */
const LOOKED_AT = 100

/** Which of the newest messages a filter means, the newest first, and of which types there could be any. */
export const previewFilter = async (reader: TopicReader, filter: EventFilter) => {
  const types = (Object.keys(messages) as MessageType[]).filter(
    (type) => FACTS.includes(messages[type].topic) && meansType(filter, type),
  )
  const topics = [...new Set(types.map((type) => messages[type].topic))]
  const looks = await Promise.all(
    topics.map((topic) =>
      topicMessages(reader, topic, { limit: LOOKED_AT }).catch((error: Error) => {
        throw new Problem(503, { type: 'unavailable', detail: `${topic} cannot be read right now: ${error.message}` })
      }),
    ),
  )
  const records = looks.flatMap(({ items }) => items)
  const meant = records.filter(({ type }) => type !== null && meansType(filter, type))
  const items = meant
    .filter((record) => meansData(filter, newestOf(record)))
    .map(({ topic, partition, offset, type, publishedAt, key }) => ({
      ...{ topic, partition, offset, type: type!, publishedAt, key },
    }))
    .sort((a, b) => b.publishedAt.localeCompare(a.publishedAt))
  return { types, looked: records.length, ofTheseTypes: meant.length, items }
}

/** Filters look into data of the newest version, as whoever handles them does. */
const newestOf = ({ data, reading }: ShownRecord): unknown =>
  reading.readable && reading.asNewest !== undefined ? reading.asNewest : data
