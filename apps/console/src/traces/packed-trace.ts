import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { StoredSpan } from './otlp-body.ts'
import { ordersIn, summaryOf, type Trace, type TraceSummary } from './trace.ts'

/** A trace that nothing is added to any more: what a list says of it, and its spans outside of the heap, a twentieth as large. */
export interface PackedTrace {
  readonly summary: TraceSummary
  readonly orders: ReadonlySet<string>
  readonly spans: Uint8Array
}

/** Some 0.3 ms for a hundred spans. */
export const pack = (trace: Trace): PackedTrace => ({
  summary: summaryOf(trace),
  orders: ordersIn(trace),
  // A copy, for what is compressed lies in a block several times its size.
  spans: new Uint8Array(zstdCompressSync(JSON.stringify([...trace.spans.values()]))),
})

export const unpack = ({ summary, spans }: PackedTrace): Trace => {
  const stored = JSON.parse(zstdDecompressSync(spans).toString('utf8')) as StoredSpan[]
  return { spans: new Map(stored.map((span) => [span.spanId, span])), dropped: summary.dropped }
}
