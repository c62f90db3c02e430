/** A loop's sleep that others may end; a wake-up that comes while nobody sleeps ends the next sleep. */
export class Wakeable {
  #isAwake = false
  #end: (() => void) | undefined

  wake(): void {
    this.#isAwake = true
    this.#end?.()
  }

  /** Resolves after so many milliseconds, which may be endless, or when woken. */
  async within(ms: number): Promise<void> {
    if (!this.#isAwake)
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.max(0, ms)) : undefined
        this.#end = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    this.#end = undefined
    this.#isAwake = false
  }
}
