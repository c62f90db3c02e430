import type { Fingerprint } from './fingerprint.ts'
import { FingerprintSet } from './fingerprint-set.ts'
import { startOf } from './windows.ts'

/**
 * Lets every event through once, by its id: ids are kept by the time of their event, and a bucket of time is forgotten
 * as a whole. Who turns late events away before needs no memory beyond the allowed lateness: a duplicate has the time of
 * its original, so either that is remembered, or both are late.
 */
export class Distinct {
  readonly #buckets = new Map<number, FingerprintSet>()
  #size = 0

  /** `bucketMs`: a multiple of the window that decides what is late. */
  constructor(private readonly bucketMs: number) {}

  /** Ids that are remembered. */
  get size(): number {
    return this.#size
  }

  /** False for a duplicate. */
  isNew(id: Fingerprint, time: number): boolean {
    const start = startOf(time, this.bucketMs)
    let bucket = this.#buckets.get(start)
    if (bucket === undefined) {
      bucket = new FingerprintSet()
      this.#buckets.set(start, bucket)
    }
    if (!bucket.add(id)) return false
    this.#size++
    return true
  }

  /** Forgets the buckets that end at `time` or before. */
  forgetBefore(time: number): void {
    for (const [start, { size }] of this.#buckets) {
      if (start + this.bucketMs > time) continue
      this.#buckets.delete(start)
      this.#size -= size
    }
  }
}
