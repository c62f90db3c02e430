import type { StoredSpan } from './otlp-body.ts'
import { type PackedTrace, pack, unpack } from './packed-trace.ts'
import { inOrder, ordersIn, summaryOf, type Trace, type TraceSummary } from './trace.ts'

/** The newest traces that are kept, and of each the spans. */
const MOST_TRACES = 2_000
const MOST_SPANS = 400
/** Those that are added to while orders are under way: as objects, of which 2,000 traces' would fill the console's heap. */
const MOST_OPEN = 32
/** Of all the others together, bytes; a trace of an order takes some 5 KB. */
const MOST_PACKED = 32 * 2 ** 20

/** The newest traces, in memory: the one that was added to last is the last to go. */
export class TraceStore {
  /** Both by trace id, the one that was added to longest ago first; all that are open are newer than any that is packed. */
  readonly #open = new Map<string, Trace>()
  readonly #packed = new Map<string, PackedTrace>()
  #packedBytes = 0

  /** What the packed ones take, bytes. */
  get packedBytes(): number {
    return this.#packedBytes
  }

  add(spans: readonly StoredSpan[]): void {
    for (const span of spans) {
      const trace = this.#take(span.traceId) ?? { spans: new Map<string, StoredSpan>(), dropped: 0 }
      this.#open.set(span.traceId, trace)
      if (trace.spans.has(span.spanId) || trace.spans.size < MOST_SPANS) trace.spans.set(span.spanId, span)
      else trace.dropped++
    }
    for (const [traceId, trace] of this.#open) {
      if (this.#open.size <= MOST_OPEN) break
      this.#open.delete(traceId)
      const packed = pack(trace)
      this.#packed.set(traceId, packed)
      this.#packedBytes += packed.spans.length
    }
    for (const traceId of this.#packed.keys()) {
      if (this.#open.size + this.#packed.size <= MOST_TRACES && this.#packedBytes <= MOST_PACKED) break
      this.#drop(traceId)
    }
  }

  /** The newest first. With `orderId` those that have something to do with it. */
  list({ orderId, limit }: { readonly orderId?: string | undefined; readonly limit: number }): TraceSummary[] {
    const found: TraceSummary[] = []
    const isWanted = (orders: ReadonlySet<string>) => orderId === undefined || orders.has(orderId)
    for (const trace of [...this.#open.values()].reverse())
      if (found.length < limit && isWanted(ordersIn(trace))) found.push(summaryOf(trace))
    for (const { orders, summary } of [...this.#packed.values()].reverse())
      if (found.length < limit && isWanted(orders)) found.push(summary)
    return found
  }

  /** Its spans by their beginning; undefined when it is not kept, or not any more. */
  find(traceId: string): { readonly summary: TraceSummary; readonly spans: readonly StoredSpan[] } | undefined {
    const packed = this.#packed.get(traceId)
    const trace = this.#open.get(traceId) ?? (packed && unpack(packed))
    return trace && { summary: summaryOf(trace), spans: inOrder(trace) }
  }

  /** To be put back as the newest. */
  #take(traceId: string): Trace | undefined {
    const open = this.#open.get(traceId)
    if (open !== undefined) {
      this.#open.delete(traceId)
      return open
    }
    const packed = this.#drop(traceId)
    return packed && unpack(packed)
  }

  #drop(traceId: string): PackedTrace | undefined {
    const packed = this.#packed.get(traceId)
    if (packed === undefined) return undefined
    this.#packed.delete(traceId)
    this.#packedBytes -= packed.spans.length
    return packed
  }
}
