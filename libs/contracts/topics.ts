/** Facts are kept for good, read models are rebuilt from them; commands lose their meaning once carried out. */
const FOREVER = -1
const SEVEN_DAYS = 7 * 24 * 60 * 60 * 1000
/** Whoever asked has given up long before. */
const TEN_MINUTES = 10 * 60 * 1000
const A_YEAR = 365 * 24 * 60 * 60 * 1000

export interface TopicSettings {
  readonly partitions: number
  readonly retentionMs: number
  /** Brokers remove whole segments: after so long a new one is begun. Default: what the broker has, Kafka's 7 days. */
  readonly segmentMs?: number
  /** Only the last record of each key stays, and none behind a tombstone. */
  readonly compacted?: true
  /** Of a compacted one: what was replaced is gone after so long. Default: when the broker finds it worth while. */
  readonly compactedWithinMs?: number
}

const questions = { partitions: 6, retentionMs: TEN_MINUTES, segmentMs: TEN_MINUTES }

/** Questions and their replies, see libs/request-reply: what cannot be read there is dropped, and never parked. */
export const questionTopics = {
  'inventory-requests': questions,
  'fulfillment-requests': questions,
  replies: questions,
} as const satisfies Record<string, TopicSettings>

/** Every topic of messages, declared once; created from here by `ensureTopics` of libs/messaging. Streams: `stream-topics.ts`. */
export const topics = {
  orders: { partitions: 6, retentionMs: FOREVER },
  payments: { partitions: 6, retentionMs: FOREVER },
  inventory: { partitions: 6, retentionMs: FOREVER },
  shipments: { partitions: 6, retentionMs: FOREVER },
  notifications: { partitions: 6, retentionMs: FOREVER },
  /** What became of subscriptions by themselves: few words, which subscribers may want to hear. */
  subscriptions: { partitions: 6, retentionMs: FOREVER },
  'payment-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
  'inventory-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
  'fulfillment-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
  // Queues of the notification service, see apps/notification: a share group works each. With one partition everybody who
  // works it takes from all of it, whoever died.
  'notifications-high': { partitions: 1, retentionMs: SEVEN_DAYS },
  'notifications-normal': { partitions: 1, retentionMs: SEVEN_DAYS },
  'notifications-low': { partitions: 1, retentionMs: SEVEN_DAYS },
  ...questionTopics,
  /** Names and prices of what is sold now: a table, which every reader has whole. */
  catalogue: { partitions: 1, retentionMs: FOREVER, compacted: true },
  /** Customers' keys, wrapped: what the vault is made again from. An erased one is gone from here in ten minutes. */
  'customer-keys': { partitions: 1, retentionMs: FOREVER, compacted: true, compactedWithinMs: TEN_MINUTES },
  /** What is parked, for Kafka's tools: nobody of ours reads it. */
  'dead-letters': { partitions: 6, retentionMs: A_YEAR, compacted: true },
} as const satisfies Record<string, TopicSettings>

export type Topic = keyof typeof topics
export const topicNames = Object.keys(topics) as Topic[]
