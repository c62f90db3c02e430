import { type Span, spanIdOf, spanKinds, traceIdOf } from './span.ts'

const ERROR = 2
/** Of a text that goes with a span. */
const LONGEST_TEXT = 500

/** The body of a request to a collector: https://opentelemetry.io/docs/specs/otlp/#otlphttp, in JSON. */
export const otlpBody = (service: string, spans: readonly Span[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service, 'service.namespace': 'waybill' }) },
        scopeSpans: [{ scope: { name: 'waybill' }, spans: spans.map(otlpSpan) }],
      },
    ],
  })

const otlpSpan = ({ traceparent, parent, name, kind, startedAt, endedAt, attributes, error, links = [] }: Span) => ({
  traceId: traceIdOf(traceparent),
  spanId: spanIdOf(traceparent),
  ...(parent !== undefined && { parentSpanId: spanIdOf(parent) }),
  name,
  kind: spanKinds[kind],
  startTimeUnixNano: nanoseconds(startedAt),
  endTimeUnixNano: nanoseconds(Math.max(startedAt, endedAt)),
  attributes: attributesOf(attributes),
  ...(links.length > 0 && {
    links: links.map((linked) => ({ traceId: traceIdOf(linked), spanId: spanIdOf(linked) })),
  }),
  status: error === undefined ? {} : { code: ERROR, message: error.slice(0, LONGEST_TEXT) },
})

/** As text: a number that large has no exact place in JSON. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1_000)}000`

const attributesOf = (attributes: Span['attributes']) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]))

const anyValue = (value: string | number | boolean) => {
  if (typeof value === 'string') return { stringValue: value.slice(0, LONGEST_TEXT) }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
