import type { TopicSettings } from './topics.ts'

const THIRTY_DAYS = 30 * 24 * 60 * 60 * 1000
const FOREVER = -1
/** What is compacted is so when its segment is closed. */
const AN_HOUR = 60 * 60 * 1000

/** How many processes can share the work at most, and so how many parts the state of a topology has. */
const PARTITIONS = 30

/**
 * The topics of the stream of shop events. Only who computes on them or writes to them creates them (`ensureTopics` with
 * this declaration), so that a service of orders neither waits for 30 partitions nor grows them.
 */
export const streamTopics = {
  /** `ShopEvent`s, keyed by session. A record's timestamp is when it arrived; when it happened is in the event. */
  'shop-events': { partitions: PARTITIONS, retentionMs: THIRTY_DAYS },
  /** Events that came after their window was closed for good, as they were: few. */
  'shop-events-late': { partitions: 6, retentionMs: THIRTY_DAYS },
  /** The newest result of each window; what is forgotten gets a tombstone. */
  'analytics-results': { partitions: 6, retentionMs: FOREVER, segmentMs: AN_HOUR, compacted: true },
  /** The state of the task that owns the partition of the same number of `shop-events`: as many, always. */
  'analytics-changelog': { partitions: PARTITIONS, retentionMs: FOREVER, segmentMs: AN_HOUR, compacted: true },
  'analytics-alerts': { partitions: 1, retentionMs: THIRTY_DAYS },
} as const satisfies Record<string, TopicSettings>

export type StreamTopic = keyof typeof streamTopics
