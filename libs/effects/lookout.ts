/**
 * When to look at the table: one look at a time, as soon as somebody asks, and otherwise when the last look said.
 * `look` answers after how many milliseconds it wants to be called again.
 */
export class Lookout {
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #stopped = false

  constructor(private readonly look: () => Promise<number>) {}

  now(): void {
    if (this.#stopped || this.#looking !== undefined) return
    clearTimeout(this.#timer)
    this.#looking = this.look().then((nextMs) => {
      this.#looking = undefined
      this.within(nextMs)
    })
  }

  within(ms: number): void {
    if (this.#stopped || this.#looking !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.now(), ms)
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
  }
}
