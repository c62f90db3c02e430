/** The sleep of a loop that others may end. A signal while the loop is busy ends its next sleep, so none is ever missed. */
export class WakeUp {
  #signalled = false
  #resume: (() => void) | undefined

  signal(): void {
    this.#signalled = true
    this.#resume?.()
  }

  /** Call before looking for work: from here on a signal means that there may be more. */
  reset(): void {
    this.#signalled = false
  }

  /** Until the next signal, or `ms` later, which may be never. */
  async wait(ms: number): Promise<void> {
    if (!this.#signalled)
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.max(0, ms)) : undefined
        this.#resume = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    this.#resume = undefined
    this.#signalled = false
  }
}
