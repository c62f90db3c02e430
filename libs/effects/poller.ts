/**
 * When to poll the table: one poll at a time, as soon as somebody asks, and otherwise when the last poll said.
 * `poll` answers after how many milliseconds it wants to be called again.
 */
export class Poller {
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> | undefined
  #stopped = false

  constructor(private readonly poll: () => Promise<number>) {}

  now(): void {
    if (this.#stopped || this.#polling !== undefined) return
    clearTimeout(this.#timer)
    this.#polling = this.poll().then((nextMs) => {
      this.#polling = undefined
      this.within(nextMs)
    })
  }

  within(ms: number): void {
    if (this.#stopped || this.#polling !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.now(), ms)
  }

  /** Resolves when no poll is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#polling
  }
}
