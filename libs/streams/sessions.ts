import { isClosed } from './watermark.ts'
import { intoSession, type Session } from './windows.ts'

export interface SessionOptions<Value> {
  /** A longer pause ends a session. Milliseconds. */
  readonly gap: number
  /** A session takes events until the watermark is so far behind the end of the pause. */
  readonly grace: number
  readonly initial: () => Value
  /** What two sessions hold that turn out to be one. */
  readonly merge: (one: Value, other: Value) => Value
}

/** What was aggregated over one session of a key. */
export interface KeyedSession<Value> extends Session {
  readonly key: string
  readonly value: Value
}

/**
 * Aggregates by key over session windows: events belong together while no pause between them is longer than the gap, in whichever
 * order they come; one that closes a pause makes two sessions one. A session is told once, when it is closed, and an event that would
 * be of none but closed ones is late. Kafka Streams: `SessionWindows.ofInactivityGapAndGrace`, with `suppress` until the window closes.
 */
export class Sessions<Value> {
  readonly #open = new Map<string, KeyedSession<Value>[]>()
  #size = 0
  /** No session is closed before the watermark is here. */
  #nextClose = Number.POSITIVE_INFINITY

  constructor(private readonly options: SessionOptions<Value>) {}

  /** Sessions that are open. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds an event; `watermark` is how far its partition had come before it. Answers the session that it is in now, undefined when it
   * is late.
   */
  add(key: string, time: number, watermark: number, apply: (value: Value) => Value): KeyedSession<Value> | undefined {
    const { gap, grace, initial, merge } = this.options
    // Whether it is told already must not matter: what is closed is no session to join any more.
    const sessions = this.#open.get(key) ?? []
    const open = sessions.filter((session) => !this.#isOver(session, watermark))
    const { session, replaced } = intoSession(open, time, gap)
    if (this.#isOver(session, watermark)) return undefined
    const joined = open.filter((one) => replaced.includes(one))
    const before = joined.map(({ value }) => value)
    const value = apply(before.length === 0 ? initial() : before.reduce(merge))
    const added = { key, ...session, value }
    this.#open.set(key, [...sessions.filter((one) => !joined.includes(one)), added])
    this.#size += 1 - joined.length
    this.#nextClose = Math.min(this.#nextClose, session.end + gap + grace)
    return added
  }

  /** Ends the sessions that no event can join any more, and answers them in the order of their ends. */
  close(watermark: number): KeyedSession<Value>[] {
    if (watermark < this.#nextClose) return []
    const { gap, grace } = this.options
    const closed: KeyedSession<Value>[] = []
    this.#nextClose = Number.POSITIVE_INFINITY
    for (const [key, sessions] of this.#open) {
      const left = sessions.filter((session) => !this.#isOver(session, watermark))
      closed.push(...sessions.filter((session) => this.#isOver(session, watermark)))
      for (const { end } of left) this.#nextClose = Math.min(this.#nextClose, end + gap + grace)
      if (left.length === 0) this.#open.delete(key)
      else this.#open.set(key, left)
    }
    this.#size -= closed.length
    return closed.sort((a, b) => a.end - b.end || (a.key < b.key ? -1 : 1))
  }

  #isOver({ end }: Session, watermark: number): boolean {
    return isClosed(end + this.options.gap, this.options.grace, watermark)
  }
}
