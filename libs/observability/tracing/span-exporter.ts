import { setTimeout as delay } from 'node:timers/promises'
import { createLogger } from '#libs/logging'
import { counter } from '../metrics/registry.ts'
import { metrics } from '../metrics/table.ts'
import { otlpBody } from './otlp.ts'
import type { Span } from './span.ts'

/** Spans wait so long for others to go with them, milliseconds: what a process that is killed takes with it. */
const LINGER_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** A request of ours is no larger than 64 KiB. */
const MOST_IN_A_REQUEST = 48
/** While the collector is away the oldest are dropped: what happens now is what somebody looks for. */
const MOST_KEPT = 4_096
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
  #pauseMs = LINGER_MS
  #sending: Promise<void> | undefined
  readonly #count = counter(metrics.tracing.spans)

  /** `endpoint` without the path, as in OTEL_EXPORTER_OTLP_ENDPOINT. */
  constructor(
    private readonly service: string,
    endpoint: string,
    private readonly credentials: Credentials = () => ({}),
  ) {
    this.#url = `${endpoint.replace(/\/$/, '')}${PATH}`
  }

  record(span: Span): void {
    this.#spans.push(span)
    if (this.#spans.length > MOST_KEPT) {
      this.#spans.shift()
      this.#count.inc({ result: 'dropped' })
    }
    this.#later()
  }

  /** Sends what is there, once; a collector that is away or slow keeps no process from stopping. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    const all = async () => {
      await this.#sending
      while (this.#spans.length > 0 && (await this.#send()));
    }
    await Promise.race([all(), delay(FLUSH_MS, undefined, { ref: false })])
  }

  #later(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#spans.length === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#sending = this.#send().then(() => {
        this.#sending = undefined
        this.#later()
      })
    }, this.#pauseMs)
    this.#timer.unref()
  }

  async #send(): Promise<boolean> {
    const sent = this.#spans.splice(0, MOST_IN_A_REQUEST)
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
      this.#pauseMs = LINGER_MS
      return true
    } catch (error) {
      if (this.#pauseMs === LINGER_MS) this.#log.info('spans wait for the collector', { error, url: this.#url })
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
      this.#spans = [...sent, ...this.#spans].slice(-MOST_KEPT)
      return false
    }
  }
}
