import { type Metric, metrics } from '#libs/observability'
import type { Broker } from '../broker.ts'
import { dispatch } from '../dispatch.ts'
import type { Server } from '../network/server.ts'
import { transactionStates } from '../transactions/transaction.ts'
import { overviewOf } from './overview.ts'
import { PrometheusText } from './prometheus.ts'
import type { Histogram } from './request-metrics.ts'
import { shareMetrics } from './share-metrics-page.ts'
import type { TopicTraffic } from './traffic.ts'

/** The broker's own metrics; everything is looked up when somebody asks, so that requests pay little for it. */
export function metricsPage(broker: Broker, servers: readonly Server[], syncs: Histogram): string {
  const text = new PrometheusText()
  connections(text, broker, servers)
  security(text, broker)
  requests(text, broker)
  const overview = overviewOf(broker)
  topics(text, broker, overview.topics)
  groups(text, overview.groups)
  shareMetrics(text, broker, overview.shareGroups)
  transactions(text, broker)
  storage(text, broker, syncs)
  return text.toString()
}

const one = (value: number): [[Record<never, string>, number]] => [[{}, value]]

function connections(text: PrometheusText, { memory, fetchSessions }: Broker, servers: readonly Server[]): void {
  const sum = (of: (server: Server) => number) => one(servers.reduce((total, server) => total + of(server), 0))
  text.gauge(
    metrics.broker.connections,
    sum(({ connectionCount }) => connectionCount),
  )
  text.counter(
    metrics.broker.accepted,
    sum(({ accepted }) => accepted),
  )
  text.counter(
    metrics.broker.refused,
    sum(({ refused }) => refused),
  )
  text.gauge(metrics.broker.memoryUsed, one(memory.used))
  text.gauge(metrics.broker.memoryLimit, one(memory.limit))
  text.gauge(
    metrics.broker.requestsUnderWay,
    sum(({ requestsUnderWay }) => requestsUnderWay),
  )
  text.gauge(metrics.broker.fetchSessions, one(fetchSessions.size))
  text.gauge(metrics.broker.fetchSessionPartitions, one(fetchSessions.partitions))
  text.counter(metrics.broker.fetchSessionEvictions, one(fetchSessions.evictions))
}

function security(text: PrometheusText, { authentications }: Broker): void {
  const counts = [...authentications.counts()].flatMap(({ listener, mechanism, succeeded, failed }) => [
    [{ listener, mechanism, result: 'succeeded' }, succeeded] as const,
    [{ listener, mechanism, result: 'failed' }, failed] as const,
  ])
  text.counter(metrics.broker.authentications, counts)
}

const apiNames = new Map(Object.values(dispatch).map(({ api }) => [api.key, api.name]))

function requests(text: PrometheusText, { requests: measured }: Broker): void {
  const byApi = Array.from(
    measured.entries(),
    ([key, latency]) => [{ api: apiNames.get(key) ?? key }, latency] as const,
  )
  text.histogram(metrics.broker.requestTime, byApi)
}

type Overview = ReturnType<typeof overviewOf>

function topics(text: PrometheusText, { traffic }: Broker, all: Overview['topics']): void {
  const counted = (metric: Metric<'counter', 'topic'>, of: (traffic: TopicTraffic) => number) =>
    text.counter(
      metric,
      Array.from(traffic.entries(), ([topic, counts]) => [{ topic }, of(counts)]),
    )
  counted(metrics.topics.bytesIn, ({ bytesIn }) => bytesIn)
  counted(metrics.topics.recordsIn, ({ recordsIn }) => recordsIn)
  counted(metrics.topics.bytesOut, ({ bytesOut }) => bytesOut)
  counted(metrics.topics.recordsOut, ({ recordsOut }) => recordsOut)
  counted(metrics.topics.refused, ({ refused }) => refused)

  type Topic = Overview['topics'][number]
  const perTopic = (of: (topic: Topic) => number) => all.map((topic) => [{ topic: topic.name }, of(topic)] as const)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  text.gauge(
    metrics.topics.bytes,
    perTopic(({ partitions }) => sum(partitions.map(({ bytes }) => bytes))),
  )
  text.gauge(
    metrics.topics.endOffset,
    perTopic(({ partitions }) => sum(partitions.map(({ endOffset }) => endOffset))),
  )

  type Partition = Topic['partitions'][number]
  const perPartition = (of: (partition: Partition) => number) =>
    all.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [{ topic: name, partition: partition.partition }, of(partition)] as const),
    )
  text.gauge(
    metrics.partitions.startOffset,
    perPartition(({ startOffset }) => startOffset),
  )
  text.gauge(
    metrics.partitions.endOffset,
    perPartition(({ endOffset }) => endOffset),
  )
  text.gauge(
    metrics.partitions.bytes,
    perPartition(({ bytes }) => bytes),
  )
  text.gauge(
    metrics.partitions.segments,
    perPartition(({ segments }) => segments),
  )
  text.gauge(
    metrics.partitions.healthy,
    perPartition(({ isHealthy }) => Number(isHealthy)),
  )
}

function groups(text: PrometheusText, all: Overview['groups']): void {
  const states = all.map(({ groupId, state }) => [{ group: groupId, state }, 1] as const)
  text.gauge(metrics.groups.state, states)
  const members = all.map((group) => [{ group: group.groupId }, group.members.length] as const)
  text.gauge(metrics.groups.members, members)
  const lag = all.flatMap(({ groupId, offsets }) =>
    offsets.map((at) => [{ group: groupId, topic: at.topic, partition: at.partition }, at.lag] as const),
  )
  text.gauge(metrics.groups.lag, lag)
}

function transactions(text: PrometheusText, broker: Broker): void {
  const counts = new Map<string, number>(transactionStates.map((state) => [state, 0]))
  let oldest = Infinity
  for (const { state, startedAt } of broker.transactions.all()) {
    counts.set(state, counts.get(state)! + 1)
    if (state === 'Ongoing') oldest = Math.min(oldest, startedAt)
  }
  const byState = Array.from(counts, ([state, count]) => [{ state }, count] as const)
  text.gauge(metrics.transactions.byState, byState)
  const age = oldest === Infinity ? 0 : (broker.clock.steady() - oldest) / 1000
  text.gauge(metrics.transactions.oldest, one(age))
}

function storage(text: PrometheusText, { storage: { errors } }: Broker, syncs: Histogram): void {
  text.histogram(metrics.broker.fsyncTime, [[{}, syncs]])
  text.counter(metrics.broker.storageErrors, one(errors))
}
