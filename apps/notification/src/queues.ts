import { type PoolScale, priorityQueues } from '#libs/messaging'
import type { Config } from './config.ts'
import { deliverTypes } from './deliver.ts'
import type { Priority } from './domain/channels.ts'

/** Above so many waiting a pool grows, below so many it shrinks. */
const OUT_ABOVE = 1_000
const IN_BELOW = 100
/** A pool is at most so many times as large as it begins. */
const GROWTH = 8

type Settings = Pick<
  Config,
  | 'NOTIFICATION_WORKERS'
  | 'NOTIFICATION_LOW_WORKERS'
  | 'NOTIFICATION_VISIBILITY_MS'
  | 'NOTIFICATION_LOW_VISIBILITY_MS'
  | 'NOTIFICATION_TRIES'
  | 'NOTIFICATION_BACKOFF_MS'
>

/** A topic, a pool of workers and a type of message for each priority. */
export const queuesOf = (config: Settings) => {
  const { NOTIFICATION_TRIES: tries, NOTIFICATION_BACKOFF_MS: firstMs } = config
  const shared = { types: Object.values(deliverTypes), tries, backoff: { firstMs, factor: 2, longestMs: 24 * firstMs } }
  const scale = (min: number): PoolScale => ({ min, max: min * GROWTH, outAbove: OUT_ABOVE, inBelow: IN_BELOW })
  const pool = (workers: number, visibilityMs: number) => ({ workers, visibilityMs, scale: scale(workers) })
  const usual = pool(config.NOTIFICATION_WORKERS, config.NOTIFICATION_VISIBILITY_MS)
  const low = pool(config.NOTIFICATION_LOW_WORKERS, config.NOTIFICATION_LOW_VISIBILITY_MS)
  return priorityQueues('notifications', shared, { high: usual, normal: usual, low } satisfies Record<Priority, object>)
}
