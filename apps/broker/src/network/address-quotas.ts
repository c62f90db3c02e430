import type { QuotaTable } from '../quotas/quota-table.ts'
import { type Bucket, full, msOfDebt, take } from '../quotas/token-bucket.ts'
import type { FlowOf } from './connection-count.ts'

/** Addresses whose rate is kept account of at the same time; whoever has come not for longest is forgotten first. */
const MAX_ACCOUNTS = 10_000

/** What becomes of a connection from an address: it comes in, is too many, or is left alone for a while and then closed. */
export type Verdict =
  | { readonly kind: 'in'; readonly leave: () => void }
  | { readonly kind: 'too many' }
  | { readonly kind: 'too fast'; readonly ms: number }

/** Connections by the address that they come from: how many there are, and how fast more come. */
export class AddressQuotas {
  private readonly counts = new Map<string, number>()
  /** In the order in which they came last. */
  private readonly buckets = new Map<string, Bucket>()

  constructor(
    private readonly quotas: QuotaTable,
    private readonly mostOfOne: () => number,
    private readonly flowOf: FlowOf,
    private readonly now: () => number,
  ) {}

  enter(address: string): Verdict {
    const ms = this.tooFastFor(address)
    if (ms > 0) return { kind: 'too fast', ms }
    const count = this.counts.get(address) ?? 0
    if (count >= this.mostOfOne()) return { kind: 'too many' }
    this.counts.set(address, count + 1)
    return { kind: 'in', leave: () => this.leave(address) }
  }

  /** As in Kafka, only those that come in are reckoned: whoever was turned away pays nothing for it. */
  private tooFastFor(address: string): number {
    const limit = this.quotas.connectionRateOf(address)
    if (limit === undefined) return 0
    const flow = this.flowOf(limit)
    const now = this.now()
    const bucket = take(this.buckets.get(address) ?? full(flow, now), 1, now, flow)
    const ms = msOfDebt(bucket, flow)
    if (ms > 0) return ms
    this.buckets.delete(address)
    this.buckets.set(address, bucket)
    if (this.buckets.size > MAX_ACCOUNTS) this.buckets.delete(this.buckets.keys().next().value!)
    return 0
  }

  private leave(address: string): void {
    const left = this.counts.get(address)! - 1
    if (left > 0) this.counts.set(address, left)
    else this.counts.delete(address)
  }
}
