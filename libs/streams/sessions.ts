import { isClosed } from './watermark.ts'
import { intoSession, type Session, type SessionWindows, startOf } from './windows.ts'

export interface SessionOptions<Value> {
  readonly windows: SessionWindows
  readonly initial: () => Value
  /** What two sessions hold that turn out to be one. Either may be changed in place. */
  readonly merge: (one: Value, other: Value) => Value
}

/** What was aggregated over one session of a key. */
export interface KeyedSession<Value> extends Session {
  readonly key: string
  readonly value: Value
}

/** It grows in place. */
interface OpenSession<Value> {
  readonly key: string
  start: number
  end: number
  value: Value
  /** False once it is closed, or part of another one. */
  isOpen: boolean
  /** `takeChanged` has not answered it since. */
  isChanged: boolean
  /** Another open one of the same key, which is rare: most are found without a list. */
  next: OpenSession<Value> | undefined
}

/** What may be closed is looked for in so many stretches of a gap. */
const STRETCHES = 64

/**
 * Aggregates by key over session windows: events belong together while no pause between them is longer than the gap, in whichever
 * order they come; one that closes a pause makes two sessions one. A session is told once, when it is closed, and an event that would
 * be of none but closed ones is late. Kafka Streams: `windowedBy(SessionWindows.ofInactivityGapAndGrace(…)).aggregate(…)`, with
 * `suppress(untilWindowCloses(…))`.
 */
export class Sessions<Value> {
  readonly #open = new Map<string, OpenSession<Value>>()
  /**
   * Each open session once, by the stretch of time in which it would have been closed when it was put there: most go on until then, and
   * are put further back when they are looked at, so an event moves nothing here.
   */
  readonly #due = new Map<number, OpenSession<Value>[]>()
  readonly #stretch: number
  /** No session is closed before the watermark is here. */
  #nextDue = Number.POSITIVE_INFINITY
  /** Each session once that has changed and was open then. */
  #changed: OpenSession<Value>[] = []
  #size = 0

  constructor(private readonly options: SessionOptions<Value>) {
    this.#stretch = Math.max(1, Math.ceil(options.windows.gap / STRETCHES))
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds an event; `watermark` is how far its partition had come before it. Answers the session that it is in now, undefined when it
   * is late.
   */
  add(key: string, time: number, watermark: number, apply: (value: Value) => Value): KeyedSession<Value> | undefined {
    const only = this.#open.get(key)
    if (only === undefined || only.next !== undefined || !this.#isOf(only, time, watermark))
      return this.#join(key, time, watermark, apply)
    // What happens almost always makes no garbage.
    if (time < only.start) only.start = time
    if (time > only.end) only.end = time
    only.value = apply(only.value)
    if (!only.isChanged) this.#note(only)
    return only
  }

  /**
   * The open sessions that events were added to since it was last asked, as they are now: what a changelog is to know. What such a
   * session grew out of is not among them; `put` takes its place away.
   */
  takeChanged(): KeyedSession<Value>[] {
    const changed = this.#changed.filter(({ isOpen }) => isOpen)
    for (const session of changed) session.isChanged = false
    this.#changed = []
    return changed
  }

  /** Puts a session in place of those that it has grown out of: what a changelog says. */
  put(session: KeyedSession<Value>): void {
    const { key, start, end } = session
    const others = this.#of(key).filter((one) => one.start < start || one.end > end)
    this.#replace(key, [...others, opened(session)])
  }

  /** Ends the sessions that no event can join any more, and answers them in the order of their ends. */
  close(watermark: number): KeyedSession<Value>[] {
    if (watermark < this.#nextDue) return []
    const closed: KeyedSession<Value>[] = []
    for (const session of this.#takeDue(watermark)) {
      if (!session.isOpen) continue
      if (this.#isOver(session, watermark)) {
        closed.push(session)
        this.#remove(session)
      } else this.#schedule(session)
    }
    return closed.sort((a, b) => a.end - b.end || (a.key < b.key ? -1 : 1))
  }

  /** Of the stretches that have begun. */
  #takeDue(watermark: number): OpenSession<Value>[] {
    const taken: OpenSession<Value>[] = []
    this.#nextDue = Number.POSITIVE_INFINITY
    for (const [stretch, sessions] of this.#due) {
      if (stretch > watermark) this.#nextDue = Math.min(this.#nextDue, stretch)
      else {
        for (const session of sessions) taken.push(session)
        this.#due.delete(stretch)
      }
    }
    return taken
  }

  #join(key: string, time: number, watermark: number, apply: (value: Value) => Value) {
    const { windows, initial, merge } = this.options
    // Whether it is told already must not matter: what is closed is no session to join any more.
    const sessions = this.#of(key)
    const open = sessions.filter((session) => !this.#isOver(session, watermark))
    const { session, replaced } = intoSession(open, time, windows.gap)
    if (this.#isOver(session, watermark)) return undefined
    const joined = open.filter((one) => replaced.includes(one))
    const before = joined.map(({ value }) => value)
    const value = apply(before.length === 0 ? initial() : before.reduce(merge))
    const added = opened({ key, ...session, value })
    this.#replace(key, [...sessions.filter((one) => !joined.includes(one)), added])
    this.#note(added)
    return added
  }

  #note(session: OpenSession<Value>): void {
    session.isChanged = true
    this.#changed.push(session)
  }

  #remove(session: OpenSession<Value>): void {
    const others = this.#of(session.key).filter((one) => one !== session)
    this.#replace(session.key, others)
  }

  #of(key: string): OpenSession<Value>[] {
    const sessions: OpenSession<Value>[] = []
    for (let each = this.#open.get(key); each !== undefined; each = each.next) sessions.push(each)
    return sessions
  }

  /** The sessions of a key; one that is new here will be looked at when it may be closed. */
  #replace(key: string, sessions: readonly OpenSession<Value>[]): void {
    const before = this.#of(key)
    this.#size += sessions.length - before.length
    for (const session of before) session.isOpen = sessions.includes(session)
    for (const session of sessions) if (!before.includes(session)) this.#schedule(session)
    for (const [place, session] of sessions.entries()) session.next = sessions[place + 1]
    const [first] = sessions
    if (first === undefined) this.#open.delete(key)
    else this.#open.set(key, first)
  }

  #schedule(session: OpenSession<Value>): void {
    const { gap, grace } = this.options.windows
    const closing = session.end + gap + grace
    const stretch = startOf(closing, this.#stretch)
    const due = this.#due.get(stretch)
    if (due === undefined) this.#due.set(stretch, [session])
    else due.push(session)
    this.#nextDue = Math.min(this.#nextDue, closing)
  }

  #isOf(session: Session, time: number, watermark: number): boolean {
    const { gap } = this.options.windows
    return time >= session.start - gap && time <= session.end + gap && !this.#isOver(session, watermark)
  }

  #isOver({ end }: Session, watermark: number): boolean {
    const { gap, grace } = this.options.windows
    return isClosed(end + gap, grace, watermark)
  }
}

const opened = <Value>({ key, start, end, value }: KeyedSession<Value>): OpenSession<Value> => {
  const [isOpen, isChanged, next] = [true, false, undefined]
  return { key, start, end, value, isOpen, isChanged, next }
}
