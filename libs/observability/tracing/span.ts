/** A piece of work that took time, in the terms of OpenTelemetry. */
export interface Span {
  /** Names the trace and this span in it. */
  readonly traceparent: string
  /** Names the span that brought it about; undefined for the first of a trace. */
  readonly parent?: string | undefined
  readonly name: string
  readonly kind: SpanKind
  /** Milliseconds since 1970, with a fraction. */
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>
  /** What went wrong; undefined when nothing did. */
  readonly error?: string | undefined
  /** `traceparent` of other spans that it has to do with, in whatever trace. */
  readonly links?: readonly string[] | undefined
}

/** https://opentelemetry.io/docs/specs/otel/trace/api/#spankind, with its numbers in OTLP. */
export const spanKinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
export type SpanKind = keyof typeof spanKinds

/** The wall clock with a fraction of milliseconds, for spans: what is measured in one process is in order. */
export const spanTime = (): number => performance.timeOrigin + performance.now()

export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)
export const spanIdOf = (traceparent: string): string => traceparent.slice(36, 52)
