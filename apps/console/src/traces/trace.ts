import type { StoredSpan } from './otlp-body.ts'

/** The order that a span is about. */
const ORDER = 'waybill.correlation_id'

export interface Trace {
  /** By their ids; never empty. */
  readonly spans: Map<string, StoredSpan>
  /** Spans that were left out, because there were too many. */
  dropped: number
}

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
  readonly dropped: number
}

export const ordersIn = ({ spans }: Trace): ReadonlySet<string> =>
  new Set(Array.from(spans.values(), ({ attributes }) => attributes[ORDER]).filter((id) => typeof id === 'string'))

export const inOrder = ({ spans }: Trace): StoredSpan[] => [...spans.values()].sort((a, b) => a.startedAt - b.startedAt)

export const summaryOf = (trace: Trace): TraceSummary => {
  const spans = inOrder(trace)
  const first = spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans[0]!
  const startedAt = spans[0]!.startedAt
  const endedAt = Math.max(...spans.map((span) => span.startedAt + span.durationMs))
  const [orderId, ...others] = ordersIn(trace)
  return {
    traceId: first.traceId,
    name: first.name,
    service: first.service,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round((endedAt - startedAt) * 1_000) / 1_000,
    spans: spans.length,
    errors: spans.filter(({ error }) => error !== null).length,
    orderId: orderId !== undefined && others.length === 0 ? orderId : null,
    dropped: trace.dropped,
  }
}
