/**
 * Numbers that one signer may still use: a number is used once, as RFC 4303 has it for packets. Numbers may come in any
 * order within the newest so many; older ones are held to have been used. Takes a bit each.
 */
export const WINDOW = 65_536

export class ReplayWindow {
  readonly #used = new Uint8Array(WINDOW / 8)
  #highest = -1

  /** Whether this is its first use. */
  use(number: number): boolean {
    if (number <= this.#highest - WINDOW) return false
    if (number > this.#highest) {
      const from = Math.max(this.#highest + 1, number - WINDOW + 1)
      if (number - from + 1 >= WINDOW) this.#used.fill(0)
      else for (let free = from; free <= number; free++) this.#used[at(free)]! &= ~bit(free)
      this.#highest = number
    }
    if (this.#used[at(number)]! & bit(number)) return false
    this.#used[at(number)]! |= bit(number)
    return true
  }
}

const at = (number: number): number => (number % WINDOW) >> 3
const bit = (number: number): number => 1 << (number & 7)
