import { type Bucket, type Flow, full, msOfDebt, take } from '../quotas/token-bucket.ts'

/** How many connections there are at most, and how many more in a second; read anew each time, as settings may change. */
export interface ConnectionLimits {
  readonly total: number
  /** Per second. */
  readonly rate: number
}

/** A rate, as quotas reckon it: as much may come at once as in all of their windows but the one that is under way. */
export type FlowOf = (rate: number) => Flow

/** Connections that share a limit: those of a listener, or of the broker. */
export class ConnectionCount {
  private taken = 0
  private bucket: Bucket | undefined

  constructor(
    private readonly limits: () => ConnectionLimits,
    private readonly flowOf: FlowOf,
    private readonly now: () => number,
  ) {}

  /** For how long there is no room for one more, milliseconds; infinite: until one goes. */
  waitMs(): number {
    const { total, rate } = this.limits()
    if (this.taken >= total) return Number.POSITIVE_INFINITY
    if (!Number.isFinite(rate)) return 0
    const flow = this.flowOf(rate)
    return msOfDebt(this.takenFrom(flow, 1), flow)
  }

  add(): void {
    this.taken++
    const { rate } = this.limits()
    if (Number.isFinite(rate)) this.bucket = this.takenFrom(this.flowOf(rate), 1)
  }

  remove(): void {
    this.taken--
  }

  private takenFrom(flow: Flow, amount: number): Bucket {
    const now = this.now()
    return take(this.bucket ?? full(flow, now), amount, now, flow)
  }
}
