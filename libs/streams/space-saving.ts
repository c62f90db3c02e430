/** One of the most frequent. Its true count is from `count - error` to `count`. */
export interface Frequent {
  readonly key: string
  readonly count: number
  readonly error: number
}

/**
 * The most frequent keys in bounded memory (Space-Saving; Metwally, Agrawal, El Abbadi 2005): `capacity` counters, and a
 * new key takes over the smallest with its count as the error. No count is off by more than the total divided by the
 * capacity, and every key above that is among them. While there are no more keys than counters all counts are exact.
 */
export class SpaceSaving {
  readonly #counters = new Map<string, { count: number; error: number }>()

  constructor(
    private readonly capacity: number,
    counters: readonly Frequent[] = [],
  ) {
    for (const { key, count, error } of counters) this.#counters.set(key, { count, error })
  }

  add(key: string, amount = 1): void {
    if (amount <= 0) return
    const known = this.#counters.get(key)
    if (known !== undefined) {
      known.count += amount
      return
    }
    const error = this.#counters.size < this.capacity ? 0 : this.#evict()
    this.#counters.set(key, { count: error + amount, error })
  }

  /** Adds what another has counted; the errors add up (Agarwal et al. 2012, Mergeable Summaries). */
  merge(other: SpaceSaving): void {
    const [mine, others] = [this.#least(), other.#least()]
    const merged = new Map<string, { count: number; error: number }>()
    for (const key of new Set([...this.#counters.keys(), ...other.#counters.keys()])) {
      // Whoever has no counter for it may have seen it as often as its least.
      const a = this.#counters.get(key) ?? { count: mine, error: mine }
      const b = other.#counters.get(key) ?? { count: others, error: others }
      merged.set(key, { count: a.count + b.count, error: a.error + b.error })
    }
    this.#counters.clear()
    const kept = [...merged].sort(([, a], [, b]) => b.count - a.count).slice(0, this.capacity)
    for (const [key, counter] of kept) this.#counters.set(key, counter)
  }

  /** The `k` with the highest counts, the highest first. */
  top(k: number): Frequent[] {
    return Array.from(this.#counters, ([key, { count, error }]) => ({ key, count, error }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
      .slice(0, k)
  }

  /** What a key without a counter may have been counted at most. */
  #least(): number {
    if (this.#counters.size < this.capacity) return 0
    let least = Number.POSITIVE_INFINITY
    for (const { count } of this.#counters.values()) least = Math.min(least, count)
    return least
  }

  /** Takes the smallest counter away and answers its count. */
  #evict(): number {
    let smallest: string | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [key, { count }] of this.#counters) {
      if (count >= least) continue
      least = count
      smallest = key
    }
    this.#counters.delete(smallest!)
    return least
  }
}
