import { type TopicSettings, topics } from '#libs/contracts'
import type { Retention } from '#libs/database'

const DAY_MS = 24 * 60 * 60 * 1000
/** Brokers remove whole segments, whose newest record may be so much younger than the oldest (`segment.ms`). */
const SEGMENT_MS = 7 * DAY_MS

/** What is consumed; a compacted topic is there to be looked at. */
const consumed = Object.values<TopicSettings>(topics).filter(({ compacted }) => compacted !== true)

/** A command can be delivered for as long as its topic keeps it, and the rest of its segment. */
const longestKeptMs = Math.max(...consumed.map(({ retentionMs }) => retentionMs)) + SEGMENT_MS

/**
 * A message that can still be delivered finds its claim. Topics of facts are kept for ever: whoever consumes one knows by
 * its own rows what it has handled, should its offsets be set back further than claims reach.
 */
export const inboxRetention: Retention = {
  table: 'inbox',
  column: 'processed_at',
  keptMs: longestKeptMs + DAY_MS,
  leastMs: longestKeptMs,
  setting: 'INBOX_RETENTION_HOURS',
}
