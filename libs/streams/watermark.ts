/** No event has been seen. */
export const NO_WATERMARK = Number.NEGATIVE_INFINITY

/**
 * How far event time has come in one partition: the newest event in it. It depends on the records and their order
 * alone, never on a clock, so that whoever reads the partition again decides the same.
 */
export const advance = (watermark: number, time: number): number => Math.max(watermark, time)

/** A window is closed, and what still comes for it late, once the watermark is `grace` milliseconds behind its end. */
export const isClosed = (windowEnd: number, grace: number, watermark: number): boolean => windowEnd + grace <= watermark

interface Progress {
  readonly watermark: number
  /** By the clock of who observes. */
  readonly heardAt: number
}

/**
 * How far event time has come in all partitions together: as far as in the slowest that is not idle. A partition that
 * is silent for `idleMs` holds nobody up until it is heard again; the answer never goes back, so what an idle
 * partition says afterwards may be behind it. This says what is complete, and decides nothing about what is counted.
 */
export class Watermarks {
  readonly #partitions = new Map<number, Progress>()
  #reached = NO_WATERMARK

  constructor(private readonly idleMs: number) {}

  observe(partition: number, watermark: number, now: number): void {
    const known = this.#partitions.get(partition)
    this.#partitions.set(partition, { watermark: advance(known?.watermark ?? NO_WATERMARK, watermark), heardAt: now })
  }

  at(now: number): number {
    let slowest = Number.POSITIVE_INFINITY
    for (const { watermark, heardAt } of this.#partitions.values())
      if (now - heardAt < this.idleMs) slowest = Math.min(slowest, watermark)
    if (slowest !== Number.POSITIVE_INFINITY) this.#reached = Math.max(this.#reached, slowest)
    return this.#reached
  }
}
