import type { Retention } from '#libs/database'

const DAY_MS = 24 * 60 * 60 * 1000

/** Parked messages that were settled, and redrives that ended: for the record. What waits for a person is kept for ever. */
export const parkingRetention: readonly Retention[] = [
  { table: 'parked_messages', column: 'settled_at', keptMs: 90 * DAY_MS, setting: 'SETTLED_RETENTION_HOURS' },
  { table: 'redrives', column: 'ended_at', keptMs: 90 * DAY_MS, setting: 'SETTLED_RETENTION_HOURS' },
]
