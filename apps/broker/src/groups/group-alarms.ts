import type { Clock } from '../clock.ts'

/**
 * Rings when the deadline of a group has come. Deadlines mostly move away, so an alarm that rings early just looks again
 * instead of being moved each time.
 */
export class GroupAlarms {
  readonly #alarms = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  readonly #clock: Clock
  readonly #deadlineOf: (groupId: string) => number
  readonly #expire: (groupId: string) => void
  #holds = 0
  /** Groups whose deadline came while it was held up. */
  readonly #heldUp = new Set<string>()

  /** @param deadlineOf in steady milliseconds; Infinity when there is none, or no such group */
  constructor(clock: Clock, deadlineOf: (groupId: string) => number, expire: (groupId: string) => void) {
    this.#clock = clock
    this.#deadlineOf = deadlineOf
    this.#expire = expire
  }

  set(groupId: string): void {
    const at = this.#deadlineOf(groupId)
    const before = this.#alarms.get(groupId)
    if (before !== undefined && before.at <= at) return
    this.cancel(groupId)
    if (at === Infinity) return
    const cancel = this.#clock.after(at - this.#clock.steady(), () => this.#ring(groupId))
    this.#alarms.set(groupId, { at, cancel })
  }

  cancel(groupId: string): void {
    this.#alarms.get(groupId)?.cancel()
    this.#alarms.delete(groupId)
  }

  /** Nothing expires while somebody waits for the disk: clients wait for answers, and cannot be blamed for their silence. */
  async holdWhile(writing: Promise<void>): Promise<void> {
    this.#holds++
    try {
      await writing
    } finally {
      this.#holds--
      this.#resumeHeldUp()
    }
  }

  close(): void {
    for (const groupId of [...this.#alarms.keys()]) this.cancel(groupId)
  }

  #ring(groupId: string): void {
    this.#alarms.delete(groupId)
    if (this.#deadlineOf(groupId) > this.#clock.steady()) this.set(groupId)
    else if (this.#holds > 0) this.#heldUp.add(groupId)
    else this.#expire(groupId)
  }

  /** The disk has answered: what waited behind it on the connections is read before anybody is found missing. */
  #resumeHeldUp(): void {
    if (this.#holds > 0 || this.#heldUp.size === 0) return
    const groupIds = [...this.#heldUp]
    this.#heldUp.clear()
    for (const groupId of groupIds) this.set(groupId)
  }
}
