import { sharedAnswer } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import { createLogger, gauge, metrics, registry } from '#libs/observability'
import { type Forwarder, LOOK } from '../forwarder.ts'
import type { KafkaView } from '../kafka-view.ts'
import { Oracle } from '../oracle/oracle.ts'
import { consuming } from '../services.ts'
import { type Active, type Alert, look } from './alerts.ts'
import { samplesOf } from './exposition.ts'
import { observeKafka } from './kafka-metrics.ts'
import { metricsIn, type Rule } from './rules.ts'
import { SeriesStore } from './series-store.ts'

/** Between two looks, milliseconds: as often as the rules' file asks Prometheus to. */
const LOOK_MS = 10_000
const ORACLE_MS = 30_000
const ANSWER_MS = 2_000
/** A page of metrics, at most; a broker with thousands of topics has a few megabytes. */
const LARGEST_PAGE = 16 * 1024 * 1024

export interface AlertsAnswer {
  /** Null before the first look. */
  readonly checkedAt: string | null
  readonly items: readonly Alert[]
  /** Who could not be asked for metrics at the last look: of these nothing is known. */
  readonly missing: readonly string[]
}

export interface AlertWatchOptions {
  readonly rules: readonly Rule[]
  readonly forwarder: Forwarder
  readonly kafka: KafkaView
  readonly reader: TopicReader
  /** Of the bundled broker's HTTP; undefined where Kafka is somebody else's. */
  readonly brokerUrl?: string | undefined
}

const log = createLogger('alerts')

/** Does what Prometheus would: gathers metrics and holds the rules against them, without a Prometheus. */
export class AlertWatch {
  readonly #store = new SeriesStore()
  readonly #wanted: ReadonlySet<string>
  readonly #violations = gauge(metrics.oracle.violations)
  readonly #oracle: Oracle
  readonly #timers: NodeJS.Timeout[] = []
  #active: Active = new Map()
  #answer: AlertsAnswer = { checkedAt: null, items: [], missing: [] }

  constructor(private readonly options: AlertWatchOptions) {
    this.#wanted = new Set(options.rules.flatMap(({ expr }) => metricsIn(expr)))
    this.#oracle = new Oracle(options.forwarder, options.reader)
    observeKafka(options.kafka)
  }

  get answer(): AlertsAnswer {
    return this.#answer
  }

  start(): void {
    const [watch, judge] = [sharedAnswer(() => this.watch(), 0), sharedAnswer(() => this.#judge(), 0)]
    this.#timers.push(
      setInterval(() => void watch(), LOOK_MS),
      setInterval(() => void judge(), ORACLE_MS),
    )
    for (const timer of this.#timers) timer.unref()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** One look: asks everybody, and holds the rules against what they say. */
  async watch(): Promise<void> {
    const at = Math.floor(Date.now() / 1_000)
    const pages = this.#pages()
    const missing: string[] = []
    await Promise.all(
      Object.entries(pages).map(async ([target, ask]) => {
        try {
          this.#store.add(
            target,
            samplesOf(await ask(), (metric) => this.#wanted.has(metric)),
            at,
          )
        } catch {
          missing.push(target)
          this.#store.end(target, at)
        }
        this.#store.scraped(target, at)
      }),
    )
    const { alerts, active } = look(this.options.rules, this.#store.source, at, this.#active)
    this.#say(alerts)
    this.#active = active
    this.#answer = { checkedAt: new Date(at * 1_000).toISOString(), items: alerts, missing: missing.sort() }
  }

  #pages(): Readonly<Record<string, () => Promise<string>>> {
    const { forwarder, brokerUrl } = this.options
    const services = consuming.map((service) => [
      service,
      async () => {
        const asked = { method: 'GET', path: '/metrics', headers: {} }
        const { status, body } = await forwarder.forward(service, asked, LOOK)
        if (status !== 200) throw new Error(`answered ${status}`)
        return body.toString('utf8')
      },
    ])
    return {
      ...Object.fromEntries(services),
      console: () => registry.metrics(),
      ...(brokerUrl !== undefined && { broker: () => pageOf(`${brokerUrl}/metrics`) }),
    }
  }

  /** Once when it begins. */
  #say(alerts: readonly Alert[]): void {
    const fired = new Set(this.#answer.items.filter(({ state }) => state === 'firing').map(({ summary }) => summary))
    for (const { state, alert, summary, labels, runbook } of alerts)
      if (state === 'firing' && !fired.has(summary)) log.warn('alert', { alert, summary, ...labels, runbook })
  }

  async #judge(): Promise<void> {
    try {
      const { checks } = await this.#oracle.look()
      this.#violations.reset()
      for (const { name: check, violations } of checks) this.#violations.set({ check }, violations)
    } catch (error) {
      log.warn('the oracle could not look', { error })
    }
  }
}

const pageOf = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  if (Number(answer.headers.get('content-length') ?? 0) > LARGEST_PAGE) throw new Error('a page too large')
  return answer.text()
}
