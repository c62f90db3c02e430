import type { Clock } from './clock.ts'

export interface AlarmRules<T> {
  /** Two with the same key are the same. */
  keyOf(subject: T): string
  /** In steady milliseconds; Infinity when there is none. */
  deadlineOf(subject: T): number
  /** Its deadline has come. Whatever it has next is to be set again. */
  expire(subject: T): void
}

/**
 * Rings when a deadline has come. Deadlines mostly move away, so an alarm that rings early just looks again instead of
 * being moved each time.
 */
export class Alarms<T> {
  readonly #alarms = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  readonly #clock: Clock
  readonly #rules: AlarmRules<T>
  readonly #writing = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(clock: Clock, rules: AlarmRules<T>) {
    this.#clock = clock
    this.#rules = rules
  }

  /** To be called when the deadline may have come nearer. */
  set(subject: T): void {
    const key = this.#rules.keyOf(subject)
    const at = this.#rules.deadlineOf(subject)
    const before = this.#alarms.get(key)
    // One that is due rings as soon as it can: set anew, it would wait again for what others write.
    if (before !== undefined && before.at <= Math.max(at, this.#clock.steady())) return
    before?.cancel()
    this.#alarms.delete(key)
    if (at === Infinity) return
    const cancel = this.#clock.after(at - this.#clock.steady(), () => this.#ring(key, subject))
    this.#alarms.set(key, { at, cancel })
  }

  cancel(subject: T): void {
    const key = this.#rules.keyOf(subject)
    this.#alarms.get(key)?.cancel()
    this.#alarms.delete(key)
  }

  /**
   * Whoever waits for the disk cannot be blamed for being silent: nothing expires before what is being written when its
   * deadline comes. What others begin to write meanwhile holds up nobody.
   */
  async holdWhile<R>(writing: Promise<R>): Promise<R> {
    this.#writing.add(writing)
    try {
      return await writing
    } finally {
      this.#writing.delete(writing)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { cancel } of this.#alarms.values()) cancel()
    this.#alarms.clear()
  }

  #ring(key: string, subject: T, hasWaited = false): void {
    this.#alarms.delete(key)
    if (this.#rules.deadlineOf(subject) > this.#clock.steady()) this.set(subject)
    else if (this.#writing.size === 0 || hasWaited) this.#rules.expire(subject)
    else void Promise.allSettled(this.#writing).then(() => this.#ringAgain(key, subject))
  }

  /** The disk has answered: what waited behind it on the connections is read before anybody is found missing. */
  #ringAgain(key: string, subject: T): void {
    if (this.#isClosed) return
    this.#alarms.get(key)?.cancel()
    const cancel = this.#clock.after(0, () => this.#ring(key, subject, true))
    this.#alarms.set(key, { at: this.#clock.steady(), cancel })
  }
}
