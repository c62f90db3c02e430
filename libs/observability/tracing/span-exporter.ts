import { setTimeout as delay } from 'node:timers/promises'
import { createLogger } from '#libs/logging'
import { counter } from '../metrics/registry.ts'
import { metrics } from '../metrics/table.ts'
import { otlpBody } from './otlp.ts'
import type { Span } from './span.ts'
import type { SpanJournal } from './span-journal.ts'

/** Spans wait so long for others to go with them, milliseconds: requests are what spans cost most. */
const LINGER_MS = 1_000
/** The same without a journal, where a process that is killed takes them along. */
const LINGER_WITHOUT_JOURNAL_MS = 200
/** Of work of which nobody says how it ended: whether its commit was heard of is known long before, milliseconds. */
const EXPECTED_MS = 30_000
const TEND_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** A request of ours is no larger than 64 KiB. */
const MOST_IN_A_REQUEST = 48
/** Requests under way at a time: a collector that is busy takes its time for each. */
const REQUESTS = 8
/** While the collector is away the oldest are dropped: what happens now is what somebody looks for. */
const MOST_KEPT = 16_384
const PATH = '/v1/traces'
const ANSWER_MS = 5_000
/** What a process that stops waits for its last spans. */
const FLUSH_MS = 1_000

/** Of a request, by which a collector knows who sends it. */
export type Credentials = (request: {
  readonly method: string
  readonly path: string
}) => Readonly<Record<string, string>>

/** Sends spans to a collector, in batches, in the background: whoever records one never waits and never fails. */
export class SpanExporter {
  readonly #log = createLogger('tracing')
  readonly #url: string
  #spans: Span[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #lingerMs: number
  #pauseMs: number
  #sending: Promise<void> | undefined
  /** By their ids; the oldest first. */
  readonly #expected = new Map<string, { readonly span: Span; readonly since: number }>()
  readonly #tending: NodeJS.Timeout
  readonly #count = counter(metrics.tracing.spans)

  /** `endpoint` without the path, as in OTEL_EXPORTER_OTLP_ENDPOINT. */
  constructor(
    private readonly service: string,
    endpoint: string,
    private readonly credentials: Credentials = () => ({}),
    private readonly journal?: SpanJournal | undefined,
  ) {
    this.#lingerMs = journal === undefined ? LINGER_WITHOUT_JOURNAL_MS : LINGER_MS
    this.#pauseMs = this.#lingerMs
    this.#url = `${endpoint.replace(/\/$/, '')}${PATH}`
    this.#tending = setInterval(() => this.#tend(), TEND_MS).unref()
  }

  record(span: Span): void {
    this.#expected.delete(span.traceparent)
    this.journal?.append(span)
    this.#queue(span)
  }

  /** Sends it as it is known now if `record` does not say how it ended: this process need not live so long. */
  expect(span: Span): void {
    this.#expected.delete(span.traceparent)
    this.#expected.set(span.traceparent, { span, since: performance.now() })
    this.journal?.append(span)
    if (this.#expected.size > MOST_KEPT) this.#overdue(0, 1)
  }

  #queue(span: Span): void {
    this.#spans.push(span)
    if (this.#spans.length > MOST_KEPT) {
      this.#spans.shift()
      this.#count.inc({ result: 'dropped' })
    }
    this.#later()
  }

  /** The process stops: sends what is there, once. A collector that is away or slow keeps nobody from stopping. */
  async flush(): Promise<void> {
    clearInterval(this.#tending)
    clearTimeout(this.#timer)
    this.#overdue(0)
    const all = async () => {
      await this.#sending
      while (this.#spans.length > 0 && (await this.#send()));
    }
    await Promise.race([all(), delay(FLUSH_MS, undefined, { ref: false })])
  }

  /** Looks after what nobody else does: work without a word of its end, and spans of processes that are no more. */
  #tend(): void {
    this.#overdue(EXPECTED_MS)
    this.journal?.touch()
    for (const span of this.journal?.adopt() ?? []) this.#queue(span)
  }

  #overdue(ageMs: number, most = Number.POSITIVE_INFINITY): void {
    for (const [id, { span, since }] of this.#expected) {
      if (most-- <= 0 || performance.now() - since < ageMs) return
      this.#expected.delete(id)
      this.#queue(span)
    }
  }

  /** Once a request is over: what is in memory is all that is still to be sent. */
  #tidy(): void {
    const left = this.#spans.length + this.#expected.size
    if (left === 0) this.journal?.clear()
    else if (this.journal?.isStale(left))
      this.journal.rewrite([...this.#spans, ...Array.from(this.#expected.values(), ({ span }) => span)])
  }

  #later(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#spans.length === 0) return
    const isFull = this.#spans.length >= MOST_IN_A_REQUEST && this.#pauseMs === this.#lingerMs
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#sending = this.#send().then(() => {
          this.#sending = undefined
          this.#later()
        })
      },
      isFull ? 0 : this.#pauseMs,
    )
    this.#timer.unref()
  }

  /** True when the collector took all that was sent. */
  async #send(): Promise<boolean> {
    const parts = Array.from({ length: REQUESTS }, () => this.#spans.splice(0, MOST_IN_A_REQUEST))
    const errors = await Promise.all(parts.filter((part) => part.length > 0).map((part) => this.#post(part)))
    const error = errors.find((one) => one !== undefined)
    if (error === undefined) this.#pauseMs = this.#lingerMs
    else {
      if (this.#pauseMs === this.#lingerMs) this.#log.info('spans wait for the collector', { error, url: this.#url })
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
    }
    this.#tidy()
    return error === undefined
  }

  /** Answers why the collector did not take them; then they are to be sent again. */
  async #post(sent: readonly Span[]): Promise<unknown> {
    try {
      const { ok, status, body } = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.credentials({ method: 'POST', path: PATH }) },
        body: otlpBody(this.service, sent),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      await body?.cancel()
      if (!ok) throw new Error(`the collector answered ${status}`)
      this.#count.inc({ result: 'sent' }, sent.length)
      return undefined
    } catch (error) {
      this.#spans = [...sent, ...this.#spans].slice(-MOST_KEPT)
      return error ?? new Error('no answer')
    }
  }
}
