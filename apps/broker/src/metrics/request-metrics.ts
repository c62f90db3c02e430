/** Upper bounds of the latency buckets in seconds. */
export const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** A histogram that costs a few additions per observation; Prometheus reads it as it is. */
export class Histogram {
  readonly counts: number[] = new Array(LATENCY_BUCKETS.length + 1).fill(0)
  sum = 0

  observe(seconds: number): void {
    let bucket = 0
    while (bucket < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[bucket]!) bucket++
    this.counts[bucket]!++
    this.sum += seconds
  }
}

/** How many requests of each API were answered, and how long that took, waiting included. */
export class RequestMetrics {
  private readonly byKey: (Histogram | undefined)[] = []

  /** What to hand to `end`. */
  begin(): number {
    return performance.now()
  }

  end(apiKey: number, began: number): void {
    this.byKey[apiKey] ??= new Histogram()
    this.byKey[apiKey].observe((performance.now() - began) / 1000)
  }

  /** By API key. */
  *entries(): Generator<readonly [apiKey: number, latency: Histogram]> {
    for (const [apiKey, latency] of this.byKey.entries()) if (latency !== undefined) yield [apiKey, latency]
  }
}
