import { randomBytes } from 'node:crypto'
import type { Principal } from './principal.ts'

export const SESSION_COOKIE = 'waybill-session'

/** Whatever the token says, whoever logs in does so again after a working day. Milliseconds. */
const LONGEST_MS = 8 * 3_600_000
/** Of all; the oldest goes. */
const MOST = 10_000
/** Of one subject, so that nobody pushes out the others. */
const MOST_OF_ONE = 50

interface Session {
  readonly principal: Principal
  readonly until: number
  /** What ends with it: answers that are still being sent. */
  readonly onEnd: Set<() => void>
}

/** Who is logged in, in this process only: when it ends, so do they. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()

  constructor(private readonly now: () => number = Date.now) {}

  /**
   * A session under an id that nobody could know before.
   * @param expiresAt of the token, milliseconds since the epoch.
   */
  begin(principal: Principal, expiresAt: number): { readonly id: string; readonly until: number } {
    const ofSubject = this.#of(principal.subject)
    if (ofSubject.length >= MOST_OF_ONE) this.end(ofSubject[0]!)
    if (this.#sessions.size >= MOST) this.end(this.#sessions.keys().next().value!)
    const id = randomBytes(32).toString('base64url')
    const until = Math.min(expiresAt, this.now() + LONGEST_MS)
    this.#sessions.set(id, { principal, until, onEnd: new Set() })
    return { id, until }
  }

  principal(id: string): Principal | undefined {
    return this.#live(id)?.principal
  }

  /** Has `ended` called when the session ends or its time is over, until what is answered here is called. */
  whenEnded(id: string, ended: () => void): () => void {
    const session = this.#live(id)
    if (session === undefined) {
      ended()
      return () => {}
    }
    const overdue = setTimeout(() => this.end(id), session.until - this.now())
    overdue.unref()
    session.onEnd.add(ended)
    return () => {
      clearTimeout(overdue)
      session.onEnd.delete(ended)
    }
  }

  end(id: string): void {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    for (const ended of session?.onEnd ?? []) ended()
  }

  /** Of the subject, everywhere. */
  endAll(subject: string): void {
    for (const id of this.#of(subject)) this.end(id)
  }

  #live(id: string): Session | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined || this.now() < session.until) return session
    this.end(id)
    return undefined
  }

  #of(subject: string): string[] {
    return [...this.#sessions].flatMap(([id, { principal }]) => (principal.subject === subject ? [id] : []))
  }
}
