import { type Histogram, LATENCY_BUCKETS } from './request-metrics.ts'

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

const escaped = (value: string | number): string =>
  String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const labelled = (name: string, labels: Labels): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** Metrics in Prometheus' text format, for values that are kept elsewhere and only read when somebody asks. */
export class PrometheusText {
  private readonly lines: string[] = []

  gauge(name: string, help: string, samples: Iterable<Sample>): void {
    this.family(name, help, 'gauge', samples)
  }

  counter(name: string, help: string, samples: Iterable<Sample>): void {
    this.family(name, help, 'counter', samples)
  }

  histogram(name: string, help: string, series: Iterable<readonly [labels: Labels, histogram: Histogram]>): void {
    this.head(name, help, 'histogram')
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

  toString(): string {
    return `${this.lines.join('\n')}\n`
  }

  private family(name: string, help: string, type: string, samples: Iterable<Sample>): void {
    this.head(name, help, type)
    for (const [labels, value] of samples) this.sample(name, labels, value)
  }

  private head(name: string, help: string, type: string): void {
    this.lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  }

  private sample(name: string, labels: Labels, value: number): void {
    this.lines.push(`${labelled(name, labels)} ${value}`)
  }
}
