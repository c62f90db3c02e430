import type { Logger } from '#libs/logging'
import type { Clock } from '../../clock.ts'
import type { SaslOutcome } from './sasl-session.ts'

/** Whoever guesses passwords does not fill the log: no more lines than these in this time, in milliseconds. */
const MAX_LINES = 20
const WINDOW_MS = 1000

export interface AuthenticationCount {
  readonly listener: string
  readonly mechanism: string
  succeeded: number
  failed: number
}

/** Who tried to prove who they are, and whether they could: counted all, and refusals written down. */
export class AuthenticationLog {
  private readonly byKey = new Map<string, AuthenticationCount>()
  private began = Number.NEGATIVE_INFINITY
  private lines = 0
  private unsaid = 0

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** By listener and mechanism, of which there are few. */
  counts(): Iterable<Readonly<AuthenticationCount>> {
    return this.byKey.values()
  }

  add(listener: string, client: string, { mechanism, isAgain, refusal }: SaslOutcome): void {
    const key = `${listener} ${mechanism}`
    let count = this.byKey.get(key)
    if (count === undefined) {
      count = { listener, mechanism, succeeded: 0, failed: 0 }
      this.byKey.set(key, count)
    }
    if (refusal === undefined) {
      count.succeeded++
      return
    }
    count.failed++
    if (this.mayWrite()) {
      const unsaid = this.unsaid > 0 ? { unsaid: this.unsaid } : {}
      this.unsaid = 0
      this.log.warn('authentication failed', { listener, client, mechanism, isAgain, reason: refusal, ...unsaid })
    } else this.unsaid++
  }

  private mayWrite(): boolean {
    if (this.clock.steady() - this.began >= WINDOW_MS) {
      this.began = this.clock.steady()
      this.lines = 0
    }
    return ++this.lines <= MAX_LINES
  }
}
