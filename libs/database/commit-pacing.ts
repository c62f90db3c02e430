/** Up to so many messages per second every transaction may follow the one before at once. */
const QUIET_PER_SECOND = 150
/** Pause between two transactions per message per second above that. Milliseconds. */
const PAUSE_MS = 0.5
/** Over how long the rate is an average (exponentially decaying), milliseconds. */
const WINDOW_MS = 1_000

/**
 * How long a process that commits in groups should let work gather before it begins the next transaction: not at all
 * as long as little arrives, up to some hundredths of a second when much does.
 *
 * Without it a busy process settles wherever it happens to be: many small transactions keep the processor too busy for
 * groups to grow, and they stay small. Under load nobody minds them; the processor time that it
 * saves is what the other processes wait for.
 */
export class CommitPacing {
  #recent = 0
  #at: number
  #notBefore = 0

  constructor(
    private readonly longestPauseMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#at = now()
  }

  /** So many messages have come in. */
  arrived(messages: number): void {
    this.#recent = this.#perSecond() + messages
  }

  transactionEnded(): void {
    const pause = (this.#perSecond() - QUIET_PER_SECOND) * PAUSE_MS
    this.#notBefore = this.now() + Math.min(Math.max(pause, 0), this.longestPauseMs)
  }

  /** Until the next transaction should begin, milliseconds; 0 or less means now. */
  remainingMs(): number {
    return this.#notBefore - this.now()
  }

  #perSecond(): number {
    const now = this.now()
    this.#recent *= Math.exp((this.#at - now) / WINDOW_MS)
    this.#at = now
    return this.#recent
  }
}
