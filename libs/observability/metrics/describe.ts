import { ofBroker } from './broker.ts'
import type { Metric } from './description.ts'
import { ofConsole, ofServices } from './services.ts'

const HEAD = `# Metrics

Every process answers \`GET /metrics\` with OpenMetrics: the services and the gateway on their HTTP port, the broker on
\`--http-port\`. Everything of \`waybill_\` has the label \`service\`, too. Histograms of durations carry exemplars: the trace
of one request, batch or call in each bucket, where its trace was sampled.

This page is made of the table in \`libs/observability/metrics\`; a test holds it to it. No label ever says what somebody
outside chose: where a label is not a closed set, the table says what bounds it, and a test looks at a running system.
`

const NODE = `## Of Node.js

As [prom-client](https://github.com/siimon/prom-client#default-metrics) names them; the ones to look at first:

| name | says |
|---|---|
| \`nodejs_eventloop_lag_p99_seconds\` | how long the event loop was held up |
| \`nodejs_gc_duration_seconds\` | garbage collection, by \`kind\` |
| \`process_resident_memory_bytes\`, \`nodejs_heap_size_used_bytes\` | memory |
| \`process_cpu_seconds_total\` | processor time |
`

/** The table, for people: docs/metrics.md. */
export const describeMetrics = (): string =>
  [
    HEAD,
    section('Of the services', ofServices),
    section('Of the gateway', ofConsole),
    section('Of the bundled broker', ofBroker),
    NODE,
  ].join('\n')

const section = (title: string, groups: object): string => {
  const rows = Object.values(groups)
    .flatMap((group: object): Metric[] => Object.values(group))
    .map(({ name, type, help, labels }) => `| \`${name}\` | ${type} | ${help} | ${labelled(labels)} |`)
  return `## ${title}\n\n| name | type | what it counts | labels |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

const labelled = (labels: Metric['labels']): string =>
  Object.entries(labels)
    .map(([label, { what }]) => `\`${label}\`: ${what}`)
    .join('; ')
