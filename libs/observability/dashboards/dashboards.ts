import type { Metric } from '../metrics/description.ts'
import { metrics } from '../metrics/table.ts'
import { type Dashboard, panel } from './dashboard.ts'

type Of = Pick<Metric, 'name'>

const rate = ({ name }: Of, by: string, matching = ''): string => `sum by (${by}) (rate(${name}${matching}[1m]))`
const p99 = ({ name }: Of, by = ''): string =>
  `histogram_quantile(0.99, sum by (le${by && `, ${by}`}) (rate(${name}_bucket[1m])))`
const max = ({ name }: Of, by = ''): string => (by === '' ? `max(${name})` : `max by (${by}) (${name})`)
const sum = ({ name }: Of, by: string): string => `sum by (${by}) (${name})`
const count = ({ name }: Of): Of => ({ name: `${name}_count` })
const totalTime = ({ name }: Of): Of => ({ name: `${name}_sum` })

const { http, messaging, parked, database, outbox, effects, saga, queue, projections, system, oracle, kafka } = metrics
const { broker, topics, groups } = metrics
const FACT = '{service="query",topic="orders",result="handled"}'

/** What Grafana shows; every name is of the table, and a test asks each query of a running system. */
export const dashboards: readonly Dashboard[] = [
  {
    name: 'business',
    title: 'business',
    panels: [
      panel('What happens to orders', 'ops', [rate(messaging.messages, 'type', FACT), '{{type}}']),
      panel('Money', 'ops', [
        rate(messaging.messages, 'type', '{service="query",topic="payments",result="handled"}'),
        '{{type}}',
      ]),
      panel('Parcels', 'ops', [
        rate(messaging.messages, 'type', '{service="query",topic="shipments",result="handled"}'),
        '{{type}}',
      ]),
      panel('Notifications sent', 'ops', [rate(queue.works, 'queue', '{result="done"}'), '{{queue}}']),
      panel('Promises broken', 'short', [max(oracle.violations, 'check'), '{{check}}']),
      panel('Calls to partners', 'ops', [rate(effects.attempts, 'kind, result'), '{{kind}} {{result}}']),
    ],
  },
  {
    name: 'services',
    title: 'services',
    panels: [
      panel('Requests', 'reqps', [rate(count(http.requestDuration), 'service'), '{{service}}']),
      panel('Requests by status', 'reqps', [rate(count(http.requestDuration), 'status'), '{{status}}']),
      panel('Requests, 99th percentile', 's', [p99(http.requestDuration, 'service'), '{{service}}']),
      panel('Messages by what became of them', 'ops', [
        rate(messaging.messages, 'service, result'),
        '{{service}} {{result}}',
      ]),
      panel('Batches, 99th percentile', 's', [p99(messaging.batchDuration, 'topic'), '{{topic}}']),
      panel('Time in handlers', 's', [rate(messaging.handlerTime, 'type'), '{{type}}']),
      panel('Calls to partners, 99th percentile', 's', [p99(effects.duration, 'kind'), '{{kind}}']),
      panel('Waiting for a connection, 99th percentile', 's', [p99(database.poolWait, 'service'), '{{service}}']),
      panel('Connections', 'short', [sum(database.connections, 'service, state'), '{{service}} {{state}}']),
      panel('Event loop, 99th percentile', 's', ['max by (service) (nodejs_eventloop_lag_p99_seconds)', '{{service}}']),
      panel('Garbage collection', 's', [rate({ name: 'nodejs_gc_duration_seconds_sum' }, 'service'), '{{service}}']),
      panel('Memory', 'bytes', ['max by (service) (process_resident_memory_bytes)', '{{service}}']),
    ],
  },
  {
    name: 'broker',
    title: 'broker',
    panels: [
      panel('Records in', 'ops', [rate(topics.recordsIn, 'topic'), '{{topic}}']),
      panel(
        'Bytes',
        'Bps',
        [rate(topics.bytesIn, 'topic'), '{{topic}} in'],
        [rate(topics.bytesOut, 'topic'), '{{topic}} out'],
      ),
      panel('Requests', 'reqps', [rate(count(broker.requestTime), 'api'), '{{api}}']),
      panel('Time to make durable, 99th percentile', 's', [p99(broker.fsyncTime), 'fsync']),
      panel('Requests under way', 'short', [max(broker.requestsUnderWay), 'requests']),
      panel('Lag of groups', 'short', [sum(kafka.groupLag, 'group'), '{{group}}']),
      panel('Members of groups', 'short', [sum(groups.members, 'group'), '{{group}}']),
      panel(
        'Partitions not in sync, or without a leader',
        'short',
        [max(kafka.underReplicated), 'not in sync'],
        [max(kafka.withoutLeader), 'without a leader'],
      ),
      panel('Size of topics', 'bytes', [sum(topics.bytes, 'topic'), '{{topic}}']),
      panel('Disk', 'percentunit', [max(system.diskUsed, 'volume'), '{{volume}}']),
    ],
  },
  {
    name: 'outbox-and-sagas',
    title: 'outbox and sagas',
    panels: [
      panel('Rows that wait in outboxes', 'short', [max(outbox.backlog, 'service'), '{{service}}']),
      panel('The oldest of them', 's', [max(outbox.oldestAge, 'service'), '{{service}}']),
      panel('From commit to broker, 99th percentile', 's', [p99(outbox.relayDelay, 'service'), '{{service}}']),
      panel('Messages in a transaction, mean', 'short', [
        `${rate(totalTime(database.groupSize), 'service')} / ${rate(count(database.groupSize), 'service')}`,
        '{{service}}',
      ]),
      panel('Sagas that have not ended', 'short', [sum(saga.instances, 'type, state'), '{{type}} {{state}}']),
      panel('Sagas that ended', 'ops', [rate(saga.ended, 'type, state'), '{{type}} {{state}}']),
      panel('Steps, 99th percentile', 's', [p99(saga.stepDuration, 'step'), '{{step}}']),
      panel('Overdue', 's', [max(saga.overdue, 'type'), '{{type}}']),
      panel('Parked messages', 'short', [sum(parked.messages, 'service, status'), '{{service}} {{status}}']),
      panel('Projections behind', 'short', [max(projections.lag, 'projection'), '{{projection}}']),
    ],
  },
  {
    name: 'analytics',
    title: 'analytics',
    panels: [
      panel('Shop events', 'ops', [rate(topics.recordsIn, 'topic', '{topic=~"shop-events.*"}'), '{{topic}}']),
      panel('Results', 'ops', [rate(topics.recordsIn, 'topic', '{topic=~"analytics.*"}'), '{{topic}}']),
      panel('Lag', 'short', [`sum by (group) (${kafka.groupLag.name}{group=~"analytics.*"})`, '{{group}}']),
      panel('Transactions of the broker', 'short', [sum(metrics.transactions.byState, 'state'), '{{state}}']),
      panel('Processor time', 's', [
        rate({ name: 'process_cpu_seconds_total' }, 'service', '{service="analytics"}'),
        '{{service}}',
      ]),
    ],
  },
]
