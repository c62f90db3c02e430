/** Wakes a loop that waits. A signal while the loop is busy is remembered, so none is ever missed. */
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

  /** Until the next signal, or `ms` later. */
  async wait(ms: number): Promise<void> {
    if (this.#signalled) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#resume = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#resume = undefined
  }
}
