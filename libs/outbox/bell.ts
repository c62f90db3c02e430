/** Wakes a loop that rests. A ring while the loop is busy is remembered, so none is ever missed. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Call before looking for work: from here on a ring means that there may be more. */
  silence(): void {
    this.#rung = false
  }

  /** Until the next ring, or `ms` later. */
  async rest(ms: number): Promise<void> {
    if (this.#rung) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
