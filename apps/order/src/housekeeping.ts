import type { Database } from '#libs/database'
import { pruneIdempotencyKeys } from '#libs/idempotency'
import { pruneInbox } from '#libs/inbox'
import { createLogger, fields } from '#libs/observability'

const EVERY_MS = 60_000
/** Rows per statement: short enough that nobody waits for it. */
const BATCH = 5_000
/** As long as the broker keeps commands; no redelivery reaches further back. Milliseconds. */
const INBOX_MS = 7 * 24 * 60 * 60 * 1000

const log = createLogger('housekeeping')

/** Forgets what protects against repetitions that cannot come any more. */
export class Housekeeping {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(private readonly database: Database) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#prune().finally(() => {
        this.#running = undefined
      })
    }, EVERY_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #prune(): Promise<void> {
    const now = new Date()
    try {
      await pruneIdempotencyKeys(this.database, now, BATCH)
      await pruneInbox(this.database, new Date(now.getTime() - INBOX_MS), BATCH)
    } catch (error) {
      log.warn('nothing forgotten this time', { [fields.error]: error })
    }
  }
}
