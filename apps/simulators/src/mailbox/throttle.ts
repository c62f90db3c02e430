/** How many requests of each second are let through: a fixed window, as simple gateways have it. */
export class Throttle {
  #second = 0
  #count = 0

  /** @param perSecond 0: no limit. @param now ms since the epoch. */
  lets(perSecond: number, now: number): boolean {
    const second = Math.floor(now / 1_000)
    if (second !== this.#second) [this.#second, this.#count] = [second, 0]
    return ++this.#count <= perSecond || perSecond === 0
  }
}
