/** What a timer takes; one for longer would end at once. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * When to look for work: one look at a time, as soon as somebody asks, and otherwise when the last one said. `look` answers
 * after how many milliseconds it wants to be called again, and must not reject.
 */
export class Poller {
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  /** On the steady clock; what is asked for during a look counts behind it. */
  #dueAt = Number.POSITIVE_INFINITY
  #stopped = true

  constructor(private readonly look: () => Promise<number>) {}

  start(): void {
    this.#stopped = false
    this.now()
  }

  now(): void {
    this.within(0)
  }

  /** In so many milliseconds, unless it is sooner anyhow. */
  within(ms: number): void {
    const at = performance.now() + ms
    if (this.#stopped || at >= this.#dueAt) return
    this.#dueAt = at
    if (this.#looking === undefined) this.#wait()
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#dueAt = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
    await this.#looking
  }

  #wait(): void {
    clearTimeout(this.#timer)
    const ms = this.#dueAt - performance.now()
    if (ms <= 0) this.#run()
    else this.#timer = setTimeout(() => this.#run(), Math.min(ms, LONGEST_MS))
  }

  #run(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#looking = this.look().then((nextMs) => {
      this.#looking = undefined
      if (this.#stopped) return
      this.#dueAt = Math.min(this.#dueAt, performance.now() + nextMs)
      this.#wait()
    })
  }
}
