import { type Metric, metrics } from '#libs/observability'
import { type Histogram, LATENCY_BUCKETS } from './request-metrics.ts'

type Labels<Label extends string = string> = Readonly<Record<Label, string | number>>
type Sample<Label extends string = string> = readonly [labels: Labels<Label>, value: number]

const escaped = (value: string | number): string =>
  String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const labelled = (name: string, labels: Labels): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** Of one metric, at most: topics and groups are made by whoever uses the broker. */
const MOST_SERIES = 1_000

/** Metrics as OpenMetrics, for values that are kept elsewhere and only read when somebody asks. */
export class PrometheusText {
  private readonly lines: string[] = []
  private leftOut = 0

  gauge<Label extends string>(metric: Metric<'gauge', Label>, samples: Iterable<Sample<Label>>): void {
    this.family(metric, metric.name, samples)
  }

  counter<Label extends string>(metric: Metric<'counter', Label>, samples: Iterable<Sample<Label>>): void {
    this.family(metric, metric.name.replace(/_total$/, ''), samples)
  }

  histogram<Label extends string>(
    metric: Metric<'histogram', Label>,
    series: Iterable<readonly [labels: Labels<Label>, histogram: Histogram]>,
  ): void {
    const { name } = metric
    this.head(metric, name)
    for (const [labels, { counts, sum }] of series) {
      let count = 0
      for (const [i, bound] of [...LATENCY_BUCKETS, '+Inf'].entries()) {
        count += counts[i]!
        this.sample(`${name}_bucket`, { ...labels, le: bound }, count)
      }
      this.sample(`${name}_sum`, labels, sum)
      this.sample(`${name}_count`, labels, count)
    }
  }

  /** The whole page, without the end that OpenMetrics wants. */
  toString(): string {
    this.gauge(metrics.broker.leftOut, [[{}, this.leftOut]])
    return `${this.lines.join('\n')}\n`
  }

  private family(metric: Metric, family: string, samples: Iterable<Sample>): void {
    this.head(metric, family)
    let told = 0
    for (const [labels, value] of samples) {
      if (told++ < MOST_SERIES) this.sample(metric.name, labels, value)
      else this.leftOut++
    }
  }

  private head({ help, type }: Metric, family: string): void {
    this.lines.push(`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`)
  }

  private sample(name: string, labels: Labels, value: number): void {
    this.lines.push(`${labelled(name, labels)} ${value}`)
  }
}
