import { Distinct, type Fingerprint, startOf } from '#libs/streams'
import { type Change, ChunkedLog } from './chunked-log.ts'

/** Ids are forgotten in buckets of so many milliseconds: a multiple of the window. */
const BUCKET_MS = 10_000

/** Which events have been counted, with what the changelog is to know of it. */
export class SeenEvents {
  readonly #distinct = new Distinct(BUCKET_MS)
  readonly #log = new ChunkedLog('seen')
  /** Since the last flush, by bucket: both halves of each fingerprint. */
  #added = new Map<number, number[]>()

  get entries(): number {
    return this.#distinct.size
  }

  isNew(id: Fingerprint, time: number): boolean {
    if (!this.#distinct.isNew(id, time)) return false
    const start = startOf(time, BUCKET_MS)
    const bucket = this.#added.get(start)
    if (bucket === undefined) this.#added.set(start, [id.high, id.low])
    else bucket.push(id.high, id.low)
    return true
  }

  /** Forgets ids of events that would be late: those before `horizon`. */
  flush(horizon: number): Change[] {
    const changes = this.#added.size > 0 ? [this.#log.add(this.#chunk(), this.#newest() + BUCKET_MS)] : []
    this.#added = new Map()
    this.forgetBefore(horizon)
    return [...changes, ...this.#log.forget(horizon)]
  }

  /** What the changelog needs not be told. */
  forgetBefore(horizon: number): void {
    this.#distinct.forgetBefore(horizon)
  }

  /** False when the change is about something else. */
  restore(change: Change): boolean {
    if (!this.#log.owns(change.key)) return false
    const id: Fingerprint = { high: 0, low: 0 }
    for (const [start, packed] of (this.#log.restore(change) ?? []) as [number, string][]) {
      const numbers = unpack(packed)
      for (let i = 0; i < numbers.length; i += 2) {
        ;[id.high, id.low] = [numbers[i]!, numbers[i + 1]!]
        this.#distinct.isNew(id, start)
      }
    }
    return true
  }

  #chunk(): [number, string][] {
    return Array.from(this.#added, ([start, ids]) => [start, pack(ids)])
  }

  #newest(): number {
    return Math.max(...this.#added.keys())
  }
}

/** 32-bit numbers in base64, in the order of bytes of every machine that runs this. */
export const pack = (numbers: readonly number[]): string => {
  const { buffer } = Int32Array.from(numbers)
  return Buffer.from(buffer).toString('base64')
}

export const unpack = (packed: string): Int32Array => {
  const bytes = Buffer.from(packed, 'base64')
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}
