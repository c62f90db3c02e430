import type { TraceSpan } from '../../server/types.ts'

/** A line of the waterfall. */
export interface Row {
  readonly span: TraceSpan
  /** How many spans it is within. */
  readonly depth: number
  /** Where its bar begins and how long it is, as parts of the whole trace. */
  readonly from: number
  readonly length: number
  /** The span that brought it about is not among these: it was not recorded, or its process was killed before it told. */
  readonly isOrphan: boolean
}

/** The spans as a tree, each below the one that brought it about, in the order in which they began. */
export const waterfall = (spans: readonly TraceSpan[]): Row[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const isRoot = ({ parentSpanId }: TraceSpan) => parentSpanId === null || !known.has(parentSpanId)
  const children = Map.groupBy(spans, (span) => (isRoot(span) ? null : span.parentSpanId))
  const begin = Math.min(...spans.map(({ startedAt }) => startedAt))
  const end = Math.max(...spans.map(({ startedAt, durationMs }) => startedAt + durationMs))
  const whole = Math.max(end - begin, 0.001)
  const rows: Row[] = []
  const seen = new Set<string>()
  const add = (parent: string | null, depth: number): void => {
    for (const span of (children.get(parent) ?? []).toSorted((a, b) => a.startedAt - b.startedAt)) {
      // Whoever names itself as its own parent is shown once.
      if (seen.has(span.spanId)) continue
      seen.add(span.spanId)
      rows.push({
        span,
        depth,
        from: (span.startedAt - begin) / whole,
        length: span.durationMs / whole,
        isOrphan: span.parentSpanId !== null && !known.has(span.parentSpanId),
      })
      add(span.spanId, depth + 1)
    }
  }
  add(null, 0)
  return rows
}
