import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import type { Metric } from './description.ts'

/** Every metric of this process, told as OpenMetrics, since only that has exemplars. */
export const registry = new Registry<OpenMetricsContentType>()
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)

// Two users of one metric share it, so that a module may be set up twice in one process, as tests do.
const existing = <M>({ name }: { name: string }): M | undefined => registry.getSingleMetric(name) as M | undefined

const settings = <Label extends string>({ name, help, labels }: Metric<never, Label>) => ({
  ...{ name, help, labelNames: Object.keys(labels) as Label[], registers: [registry] },
})

export const counter = <Label extends string>(metric: Metric<'counter', Label>): Counter<Label> =>
  existing<Counter<Label>>(metric) ?? new Counter(settings(metric as never))

/**
 * `collect`, when it is given, is asked for the values whenever somebody looks; when it throws or takes too long, there
 * are none.
 */
export const gauge = <Label extends string>(
  metric: Metric<'gauge', Label>,
  collect?: (gauge: Gauge<Label>) => void | Promise<void>,
): Gauge<Label> => {
  if (collect !== undefined) registry.removeSingleMetric(metric.name)
  else if (existing(metric) !== undefined) return existing<Gauge<Label>>(metric)!
  return new Gauge<Label>({
    ...settings<Label>(metric as never),
    ...(collect && {
      async collect() {
        await withinReason(async () => collect(this)).catch(() => this.reset())
      },
    }),
  })
}

/** Whoever asks for metrics is not kept waiting by a database that is frozen, milliseconds. */
const PATIENCE_MS = 1_000

const withinReason = async (work: () => Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS)
  })
  await Promise.race([work(), overdue]).finally(() => clearTimeout(timer))
}

/** Of one metric, whose observations may name the trace that they are an example of. */
export interface Measured<Label extends string> {
  observe(labels: Readonly<Record<Label, string | number>>, value: number, traceparent?: string): void
  /** Answers what ends the measurement, in seconds. */
  startTimer(labels: Readonly<Record<Label, string | number>>): (traceparent?: string) => void
}

export const histogram = <Label extends string>(metric: Metric<'histogram', Label>): Measured<Label> => {
  const told =
    existing<Histogram<Label>>(metric) ??
    new Histogram<Label>({
      ...settings<Label>(metric as never),
      buckets: [...metric.buckets!],
      enableExemplars: true,
    })
  const observe: Measured<Label>['observe'] = (labels, value, traceparent) =>
    told.observe({ labels, value, exemplarLabels: exemplarOf(traceparent) } as never)
  return {
    observe,
    startTimer: (labels) => {
      const startedAt = performance.now()
      return (traceparent) => observe(labels, (performance.now() - startedAt) / 1_000, traceparent)
    },
  }
}

const NO_EXEMPLAR = {}
const SAMPLED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

/** Only a trace that somebody keeps can be looked at. */
const exemplarOf = (traceparent: string | undefined): Record<string, string> =>
  traceparent?.endsWith('-01') === true && SAMPLED.test(traceparent)
    ? { trace_id: traceparent.slice(3, 35), span_id: traceparent.slice(36, 52) }
    : NO_EXEMPLAR

/** Names the process in every metric and adds Node's own: memory, event-loop delay, garbage collection, CPU. */
export const observeProcess = (service: string): void => {
  registry.setDefaultLabels({ service })
  if (existing({ name: 'process_cpu_seconds_total' }) === undefined) collectDefaultMetrics({ register: registry })
}
