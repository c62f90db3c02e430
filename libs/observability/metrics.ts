import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Every metric of this process. */
export const registry = new Registry()

interface Description<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
}

/** From half a millisecond to a minute: a commit at rest as well as the retries of a slow payment provider. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
export const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

// Two users of one name share the metric, so that a module may be set up twice in one process, as tests do.
const existing = <M>(name: string): M | undefined => registry.getSingleMetric(name) as M | undefined

export const counter = <Label extends string = never>({
  name,
  help,
  labels = [],
}: Description<Label>): Counter<Label> =>
  existing<Counter<Label>>(name) ?? new Counter({ name, help, labelNames: labels, registers: [registry] })

export const gauge = <Label extends string = never>({ name, help, labels = [] }: Description<Label>): Gauge<Label> =>
  existing<Gauge<Label>>(name) ?? new Gauge({ name, help, labelNames: labels, registers: [registry] })

export const histogram = <Label extends string = never>({
  name,
  help,
  labels = [],
  buckets = SECONDS,
}: Description<Label> & { readonly buckets?: readonly number[] }): Histogram<Label> =>
  existing<Histogram<Label>>(name) ??
  new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })

/** Names the process in every metric and adds Node's own: memory, event-loop delay, garbage collection, CPU. */
export const observeProcess = (service: string): void => {
  registry.setDefaultLabels({ service })
  if (existing('process_cpu_seconds_total') === undefined) collectDefaultMetrics({ register: registry })
}
