import type { Fingerprint } from './fingerprint.ts'

const INITIAL_SLOTS = 64
/** Of the slots at most so many are taken, or probing gets long. */
const FULL = 0.6

/** A set of fingerprints with open addressing: 8 bytes a slot, and nothing that a garbage collector looks at. */
export class FingerprintSet {
  #slots = new Int32Array(INITIAL_SLOTS * 2)
  #size = 0
  /** Two zeros mark a free slot. */
  #hasZero = false

  get size(): number {
    return this.#size
  }

  /** False when it was there already. */
  add({ high, low }: Fingerprint): boolean {
    if (high === 0 && low === 0) {
      if (this.#hasZero) return false
      this.#hasZero = true
      this.#size++
      return true
    }
    if (this.#size >= (this.#slots.length / 2) * FULL) this.#grow()
    if (!put(this.#slots, high, low)) return false
    this.#size++
    return true
  }

  #grow(): void {
    const larger = new Int32Array(this.#slots.length * 2)
    for (let at = 0; at < this.#slots.length; at += 2) {
      const [high, low] = [this.#slots[at]!, this.#slots[at + 1]!]
      if (high !== 0 || low !== 0) put(larger, high, low)
    }
    this.#slots = larger
  }
}

const put = (slots: Int32Array, high: number, low: number): boolean => {
  const mask = slots.length / 2 - 1
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const [h, l] = [slots[slot * 2]!, slots[slot * 2 + 1]!]
    if (h === high && l === low) return false
    if (h !== 0 || l !== 0) continue
    slots[slot * 2] = high
    slots[slot * 2 + 1] = low
    return true
  }
}
