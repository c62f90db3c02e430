import { z } from 'zod'

/** What of a span is kept. */
export interface StoredSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly service: string
  readonly name: string
  /** Of OpenTelemetry. */
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  /** Milliseconds since 1970, with a fraction. */
  readonly startedAt: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly error: string | null
  /** Other spans that it has to do with, in whatever trace. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const LONGEST_NAME = 200
const LONGEST_TEXT = 500
const MOST_ATTRIBUTES = 32
const MOST_LINKS = 32
const MOST_SPANS = 4_096

const hex = (digits: number) => z.string().regex(new RegExp(`^(?!0{${digits}})[0-9a-f]{${digits}}$`, 'i'))
const nanoseconds = z.union([z.string().regex(/^\d{1,19}$/), z.int().min(0)]).transform((ns) => Number(ns) / 1e6)
const text = (most: number) => z.string().transform((given) => given.slice(0, most))

const value = z
  .object({
    stringValue: text(LONGEST_TEXT).optional(),
    boolValue: z.boolean().optional(),
    intValue: z.union([z.string(), z.number()]).transform(Number).optional(),
    doubleValue: z.number().optional(),
  })
  .transform(({ stringValue, boolValue, intValue, doubleValue }) => stringValue ?? boolValue ?? intValue ?? doubleValue)
const attributes = z
  .array(z.object({ key: text(LONGEST_NAME), value }))
  .default([])
  .transform((given) =>
    Object.fromEntries(
      given
        .slice(0, MOST_ATTRIBUTES)
        .flatMap(({ key, value: said }) => (said === undefined ? [] : [[key, said] as const])),
    ),
  )

const span = z.object({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16).or(z.literal('')).optional(),
  name: text(LONGEST_NAME),
  kind: z.int().min(0).max(5).default(1),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  links: z.array(z.object({ traceId: hex(32), spanId: hex(16) })).default([]),
  status: z.object({ code: z.int().optional(), message: text(LONGEST_TEXT).optional() }).optional(),
})

const ERROR = 2

/** An ExportTraceServiceRequest of OTLP in JSON, as the spans that are in it. */
export const otlpSpans = z
  .object({
    resourceSpans: z
      .array(
        z.object({
          resource: z.object({ attributes }).optional(),
          scopeSpans: z.array(z.object({ spans: z.array(span).max(MOST_SPANS) })).max(64),
        }),
      )
      .max(64),
  })
  .transform(({ resourceSpans }): StoredSpan[] =>
    resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = String(resource?.attributes['service.name'] ?? 'unknown').slice(0, LONGEST_NAME)
      return scopeSpans.flatMap(({ spans }) => spans.map((one) => stored(service, one)))
    }),
  )

const stored = (service: string, given: z.infer<typeof span>): StoredSpan => ({
  traceId: given.traceId.toLowerCase(),
  spanId: given.spanId.toLowerCase(),
  parentSpanId: given.parentSpanId?.toLowerCase() || null,
  service,
  name: given.name,
  kind: KINDS[given.kind]!,
  startedAt: given.startTimeUnixNano,
  durationMs: Math.max(0, given.endTimeUnixNano - given.startTimeUnixNano),
  attributes: given.attributes,
  error: given.status?.code === ERROR ? (given.status.message ?? '') : null,
  links: given.links
    .slice(0, MOST_LINKS)
    .map(({ traceId, spanId }) => ({ traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() })),
})
