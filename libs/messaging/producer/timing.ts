import { setTimeout as delay } from 'node:timers/promises'
import { createLogger, fields } from '#libs/observability'
import { TryAgain } from './errors.ts'

/** How long a producer waits for what. Milliseconds. */
export interface Timing {
  readonly connectMs: number
  /** For an answer; then the connection is given up. */
  readonly requestMs: number
  /** Before each further try; after the last one the caller is told. */
  readonly retriesMs: readonly number[]
  /** After this the metadata is asked for again: there may be more partitions. */
  readonly metadataMs: number
}

/** A short restart of a leader or of the only broker goes unnoticed; for more the relay has patience of its own. */
export const defaultTiming: Timing = {
  connectMs: 1_000,
  requestMs: 30_000,
  retriesMs: [50, 100, 200, 400],
  // So that partitions that were added are soon in use.
  metadataMs: 10_000,
}

const log = createLogger('producer')

/** Tries again what fails with `TryAgain`; rejects with the last error. */
export const retrying = async <T>({ retriesMs }: Timing, task: () => Promise<T>): Promise<T> => {
  for (const ms of retriesMs) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error
      log.debug('trying again', { [fields.error]: error })
    }
    await delay(ms)
  }
  return task()
}
