import { startOf } from './windows.ts'

/** One event of a key at one stage of the way, e.g. a session's view of a product. */
export interface StageEvent {
  /** The fingerprint of the key. */
  readonly high: number
  readonly low: number
  /** 0 for the first stage. */
  readonly stage: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** What is to be known of the event when it completes a way: a small number, e.g. of an interned text. */
  readonly tag: number
}

/** The last stage was reached: told once for each event of the last stage. */
export interface Completed {
  readonly time: number
  readonly tag: number
}

const COLUMNS = 6
const [HIGH, LOW, STAGE, TIME, TAG, NEXT] = [0, 1, 2, 3, 4, 5]
/** Set in the stage of an event of the last stage that was told. */
const TOLD = 0x100

/**
 * Joins streams by key within a window: an event of the last stage is completed when there is a chain of one event of
 * each stage before it, each at most `within` milliseconds before the next (and not after it). Which of them arrives
 * first does not matter: whoever comes last completes the chain, so the result depends on which events there are and
 * not on their order. Kafka Streams would say it with inner stream-stream joins, one for each step.
 *
 * Events lie by time in buckets, which are forgotten as a whole: 24 bytes each, without objects.
 */
export class Stages {
  readonly #buckets = new Map<number, Bucket>()
  readonly #bucketMs: number
  #size = 0

  constructor(
    private readonly count: number,
    private readonly within: number,
  ) {
    this.#bucketMs = Math.max(1, Math.ceil((within * (count - 1)) / 4))
  }

  /** Events that are remembered. */
  get size(): number {
    return this.#size
  }

  /** Answers what this event completes. */
  add(event: StageEvent): Completed[] {
    const start = startOf(event.time, this.#bucketMs)
    let bucket = this.#buckets.get(start)
    if (bucket === undefined) {
      bucket = new Bucket(start)
      this.#buckets.set(start, bucket)
    }
    bucket.add(event)
    this.#size++
    return this.#complete(event)
  }

  /** Forgets what no event from `time` on can make a chain with. */
  forgetBefore(time: number): void {
    for (const [start, bucket] of this.#buckets) {
      if (start + this.#bucketMs + this.within * (this.count - 1) > time) continue
      this.#buckets.delete(start)
      this.#size -= bucket.size
    }
  }

  /** Looks at the events of the key alone, which are few. */
  #complete({ high, low }: StageEvent): Completed[] {
    const found: { bucket: Bucket; row: number; stage: number; time: number }[] = []
    for (const bucket of this.#buckets.values())
      bucket.visit(high, low, (row, stage, time) => found.push({ bucket, row, stage, time }))
    if (found.length < this.count) return []
    const last = this.count - 1
    let reached = found.filter(({ stage }) => stage === 0).map(({ time }) => time)
    for (let stage = 1; stage < last && reached.length > 0; stage++)
      reached = found
        .filter((each) => (each.stage & ~TOLD) === stage && this.#follows(reached, each.time))
        .map(({ time }) => time)
    if (reached.length === 0) return []
    return found
      .filter((each) => each.stage === last && this.#follows(reached, each.time))
      .map(({ bucket, row, time }) => ({ time, tag: bucket.tell(row) }))
  }

  #follows(before: readonly number[], time: number): boolean {
    return before.some((each) => each <= time && time - each <= this.within)
  }
}

/** The events of one stretch of time, chained by their key. */
class Bucket {
  #rows = new Int32Array(16 * COLUMNS)
  #heads = new Int32Array(32).fill(-1)
  size = 0

  constructor(private readonly start: number) {}

  add({ high, low, stage, time, tag }: StageEvent): void {
    if ((this.size + 1) * COLUMNS > this.#rows.length) this.#grow()
    const head = low & (this.#heads.length - 1)
    this.#rows.set([high, low, stage, time - this.start, tag, this.#heads[head]!], this.size * COLUMNS)
    this.#heads[head] = this.size++
  }

  visit(high: number, low: number, visit: (row: number, stage: number, time: number) => void): void {
    const rows = this.#rows
    for (let row = this.#heads[low & (this.#heads.length - 1)]!; row >= 0; row = rows[row * COLUMNS + NEXT]!) {
      const at = row * COLUMNS
      if (rows[at + LOW] === low && rows[at + HIGH] === high)
        visit(row, rows[at + STAGE]!, this.start + rows[at + TIME]!)
    }
  }

  /** Answers the tag of a row that is not told again. */
  tell(row: number): number {
    this.#rows[row * COLUMNS + STAGE]! |= TOLD
    return this.#rows[row * COLUMNS + TAG]!
  }

  #grow(): void {
    const larger = new Int32Array(this.#rows.length * 2)
    larger.set(this.#rows)
    this.#rows = larger
    this.#heads = new Int32Array(this.#heads.length * 2).fill(-1)
    for (let row = 0; row < this.size; row++) {
      const head = larger[row * COLUMNS + LOW]! & (this.#heads.length - 1)
      larger[row * COLUMNS + NEXT] = this.#heads[head]!
      this.#heads[head] = row
    }
  }
}
