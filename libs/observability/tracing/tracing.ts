import { randomUUID } from 'node:crypto'
import type { Span } from './span.ts'
import { type Credentials, SpanExporter } from './span-exporter.ts'
import { SpanJournal } from './span-journal.ts'

// https://www.w3.org/TR/trace-context/#traceparent-header: version-traceid-parentid-flags, neither id all zeros.
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

export interface TracingOptions {
  readonly service: string
  /** Of an OTLP/HTTP collector; undefined: nothing is recorded and no trace begins. */
  readonly endpoint?: string | undefined
  /** Traces that may begin here in a second; the others are not recorded, by anybody. */
  readonly tracesPerSecond: number
  /** Headers by which the collector knows us. */
  readonly credentials?: Credentials
  /** A folder for what was not sent yet; undefined: a process that is killed takes it along. */
  readonly journal?: string | undefined
}

let exporter: SpanExporter | undefined
let begins: () => boolean = () => false

/** Of this process, once. Without it nothing is recorded. */
export const configureTracing = (options: TracingOptions): void => {
  const { service, endpoint, tracesPerSecond, credentials } = options
  const journal = options.journal === undefined ? undefined : new SpanJournal(options.journal, service)
  exporter = endpoint === undefined ? undefined : new SpanExporter(service, endpoint, credentials, journal)
  begins = exporter === undefined ? () => false : atMost(tracesPerSecond)
}

/** Takes note of a span of a trace that is sampled (`isSampled` of the contracts); at once, and without a wait. */
export const recordSpan = (span: Span): void => exporter?.record(span)

/**
 * Takes note of a span whose work is about to be committed, for the case that nobody here comes to record its end: because the
 * process is killed, or because the answer to the commit is lost. Whatever hangs on the span has its parent so.
 */
export const expectSpan = (span: Span): void => exporter?.expect(span)

/** What was recorded is sent, as far as somebody takes it. */
export const flushSpans = async (): Promise<void> => exporter?.flush()

/**
 * The W3C `traceparent` of a new span: within the caller's trace when it named a valid one, else of a new trace, which is
 * sampled while there are not too many. Whatever the span brings about goes on from this value, to the e-mail.
 */
export const continueTrace = (parent?: string | null): string => {
  const [, traceId, flags] = parent?.match(TRACEPARENT) ?? []
  return `00-${traceId ?? randomHex()}-${randomHex().slice(16)}-${flags ?? (begins() ? '01' : '00')}`
}

/** 32 digits, never all zeros: UUIDs come from a store of random numbers, which a few random bytes each time do not. */
const randomHex = (): string => randomUUID().replaceAll('-', '')

/** True so many times in each second, so that one order by hand is always seen, and load costs little. */
const atMost = (perSecond: number): (() => boolean) => {
  let [second, begun] = [0, 0]
  return () => {
    const now = Math.floor(performance.now() / 1_000)
    if (now !== second) [second, begun] = [now, 0]
    return ++begun <= perSecond
  }
}
