import type { Logger } from './logger.ts'

/** Between two lines about something that stays away, milliseconds. */
const REMINDER_MS = 30_000

/**
 * One line when something that everybody needs goes, one when it is back, and a count now and then in between, however
 * many attempts fail meanwhile: else the cause would drown in its consequences.
 */
export class Outage {
  #failures = 0
  #since = 0
  #saidAt = 0

  /** @param what it is that is away: `the database`. */
  constructor(
    private readonly log: Logger,
    private readonly what: string,
  ) {}

  failed(error: unknown): void {
    const now = Date.now()
    if (this.#failures++ === 0) {
      this.#since = this.#saidAt = now
      this.log.error(`${this.what} is away`, { error })
    } else if (now - this.#saidAt >= REMINDER_MS) {
      this.#saidAt = now
      this.log.warn(`${this.what} is still away`, { count: this.#failures, durationMs: now - this.#since })
    }
  }

  over(): void {
    if (this.#failures === 0) return
    this.log.info(`${this.what} is back`, { count: this.#failures, durationMs: Date.now() - this.#since })
    this.#failures = 0
  }
}
