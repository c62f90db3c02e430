import type { StoredSpan } from './otlp-body.ts'

/** The newest traces that are kept, and of each the spans. */
const MOST_TRACES = 2_000
const MOST_SPANS = 400
/** All of them together: some 40 MB at the worst. */
const MOST_SPANS_IN_ALL = 60_000
/** The order that a span is about. */
const ORDER = 'waybill.correlation_id'

export interface TraceSummary {
  readonly traceId: string
  /** Of the span that it began with, or of the earliest that is known. */
  readonly name: string
  readonly service: string
  readonly startedAt: string
  readonly durationMs: number
  readonly spans: number
  readonly errors: number
  readonly orderId: string | null
  /** Spans that were left out, because there were too many. */
  readonly dropped: number
}

interface Trace {
  readonly spans: Map<string, StoredSpan>
  dropped: number
}

/** The newest traces, in memory: the one that was added to last is the last to go. */
export class TraceStore {
  readonly #traces = new Map<string, Trace>()
  #spans = 0

  add(spans: readonly StoredSpan[]): void {
    for (const span of spans) {
      const trace = this.#traces.get(span.traceId) ?? { spans: new Map<string, StoredSpan>(), dropped: 0 }
      // Whoever is added to is new again.
      this.#traces.delete(span.traceId)
      this.#traces.set(span.traceId, trace)
      if (trace.spans.has(span.spanId)) trace.spans.set(span.spanId, span)
      else if (trace.spans.size >= MOST_SPANS) trace.dropped++
      else {
        trace.spans.set(span.spanId, span)
        this.#spans++
      }
    }
    for (const [traceId, { spans: held }] of this.#traces) {
      if (this.#traces.size <= MOST_TRACES && this.#spans <= MOST_SPANS_IN_ALL) break
      this.#traces.delete(traceId)
      this.#spans -= held.size
    }
  }

  /** The newest first. With `orderId` those that have something to do with it. */
  list({ orderId, limit }: { readonly orderId?: string | undefined; readonly limit: number }): TraceSummary[] {
    const found: TraceSummary[] = []
    for (const [traceId, trace] of [...this.#traces].reverse()) {
      if (found.length === limit) break
      if (orderId === undefined || isAbout(trace, orderId)) found.push(summaryOf(traceId, trace))
    }
    return found
  }

  /** Its spans by their beginning; undefined when it is not kept, or not any more. */
  find(traceId: string): { readonly summary: TraceSummary; readonly spans: readonly StoredSpan[] } | undefined {
    const trace = this.#traces.get(traceId)
    if (trace === undefined) return undefined
    return { summary: summaryOf(traceId, trace), spans: inOrder(trace) }
  }
}

const isAbout = ({ spans }: Trace, orderId: string): boolean =>
  [...spans.values()].some(({ attributes }) => attributes[ORDER] === orderId)

const inOrder = ({ spans }: Trace): StoredSpan[] => [...spans.values()].sort((a, b) => a.startedAt - b.startedAt)

const summaryOf = (traceId: string, trace: Trace): TraceSummary => {
  const spans = inOrder(trace)
  const first = spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans[0]!
  const startedAt = spans[0]!.startedAt
  const endedAt = Math.max(...spans.map((span) => span.startedAt + span.durationMs))
  const orderIds = new Set(spans.flatMap(({ attributes }) => attributes[ORDER] ?? []))
  return {
    traceId,
    name: first.name,
    service: first.service,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round((endedAt - startedAt) * 1_000) / 1_000,
    spans: spans.length,
    errors: spans.filter(({ error }) => error !== null).length,
    orderId: orderIds.size === 1 ? String([...orderIds][0]) : null,
    dropped: trace.dropped,
  }
}
