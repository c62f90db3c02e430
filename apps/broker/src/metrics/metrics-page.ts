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

const one = (value: number): [[object & Record<string, string>, number]] => [[{}, value]]

function connections(text: PrometheusText, { memory, fetchSessions }: Broker, servers: readonly Server[]): void {
  const sum = (of: (server: Server) => number) => one(servers.reduce((total, server) => total + of(server), 0))
  text.gauge(
    'broker_connections',
    'Open client connections',
    sum(({ connectionCount }) => connectionCount),
  )
  text.counter(
    'broker_connections_accepted_total',
    'Connections accepted',
    sum(({ accepted }) => accepted),
  )
  text.counter(
    'broker_connections_refused_total',
    'Connections refused by a limit',
    sum(({ refused }) => refused),
  )
  text.gauge('broker_memory_used_bytes', 'Bytes held by requests and answers', one(memory.used))
  text.gauge('broker_memory_limit_bytes', 'Bytes above which sockets are not read', one(memory.limit))
  text.gauge('broker_fetch_sessions', 'Incremental fetch sessions', one(fetchSessions.size))
  text.gauge('broker_fetch_session_partitions', 'Partitions in all fetch sessions', one(fetchSessions.partitions))
  text.counter('broker_fetch_session_evictions_total', 'Fetch sessions evicted', one(fetchSessions.evictions))
}

function security(text: PrometheusText, { authentications, listeners }: Broker): void {
  const counts = [...authentications.counts()].flatMap(({ listener, mechanism, succeeded, failed }) => [
    [{ listener, mechanism, result: 'succeeded' }, succeeded] as const,
    [{ listener, mechanism, result: 'failed' }, failed] as const,
  ])
  text.counter('broker_authentications_total', 'Clients that tried to prove who they are by SASL', counts)
  const expiries = listeners.flatMap(({ name: listener, tls }) =>
    tls?.expires === undefined ? [] : [[{ listener }, tls.expires.getTime() / 1000] as const],
  )
  text.gauge('broker_certificate_expiry_seconds', 'When the certificate of a listener ends, since 1970', expiries)
}

const apiNames = new Map(Object.values(dispatch).map(({ api }) => [api.key, api.name]))

function requests(text: PrometheusText, { requests: measured }: Broker): void {
  const byApi = Array.from(
    measured.entries(),
    ([key, latency]) => [{ api: apiNames.get(key) ?? key }, latency] as const,
  )
  text.histogram('broker_request_seconds', 'From reading a request to its answer, waiting included', byApi)
}

type Overview = ReturnType<typeof overviewOf>

function topics(text: PrometheusText, { traffic }: Broker, all: Overview['topics']): void {
  const counted = (name: string, help: string, of: (traffic: TopicTraffic) => number) =>
    text.counter(
      name,
      help,
      Array.from(traffic.entries(), ([topic, counts]) => [{ topic }, of(counts)]),
    )
  counted('broker_topic_bytes_in_total', 'Bytes appended', ({ bytesIn }) => bytesIn)
  counted('broker_topic_records_in_total', 'Records appended', ({ recordsIn }) => recordsIn)
  counted('broker_topic_bytes_out_total', 'Bytes fetched', ({ bytesOut }) => bytesOut)
  counted('broker_topic_records_out_total', 'Records fetched', ({ recordsOut }) => recordsOut)
  counted('broker_topic_refused_total', 'Batches refused', ({ refused }) => refused)

  type Topic = Overview['topics'][number]
  const perTopic = (of: (topic: Topic) => number) => all.map((topic) => [{ topic: topic.name }, of(topic)] as const)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  text.gauge(
    'broker_topic_bytes',
    'Bytes in the log',
    perTopic(({ partitions }) => sum(partitions.map(({ bytes }) => bytes))),
  )
  text.gauge(
    'broker_topic_end_offset',
    'Sum of the end offsets of all partitions',
    perTopic(({ partitions }) => sum(partitions.map(({ endOffset }) => endOffset))),
  )

  type Partition = Topic['partitions'][number]
  const perPartition = (of: (partition: Partition) => number) =>
    all.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [{ topic: name, partition: partition.partition }, of(partition)] as const),
    )
  text.gauge(
    'broker_partition_start_offset',
    'First offset in the log',
    perPartition(({ startOffset }) => startOffset),
  )
  text.gauge(
    'broker_partition_end_offset',
    'Offset of the next record',
    perPartition(({ endOffset }) => endOffset),
  )
  text.gauge(
    'broker_partition_bytes',
    'Bytes in the log',
    perPartition(({ bytes }) => bytes),
  )
  text.gauge(
    'broker_partition_segments',
    'Files of the log',
    perPartition(({ segments }) => segments),
  )
  text.gauge(
    'broker_partition_healthy',
    '0 while writes are refused',
    perPartition(({ isHealthy }) => Number(isHealthy)),
  )
}

function groups(text: PrometheusText, all: Overview['groups']): void {
  const states = all.map(({ groupId, state }) => [{ group: groupId, state }, 1] as const)
  text.gauge('broker_group_state', '1 for the state that the group is in', states)
  const members = all.map((group) => [{ group: group.groupId }, group.members.length] as const)
  text.gauge('broker_group_members', 'Members of the group', members)
  const lag = all.flatMap(({ groupId, offsets }) =>
    offsets.map((at) => [{ group: groupId, topic: at.topic, partition: at.partition }, at.lag] as const),
  )
  text.gauge('broker_group_lag', 'Records that the group has not committed yet', lag)
}

function transactions(text: PrometheusText, broker: Broker): void {
  const counts = new Map<string, number>(transactionStates.map((state) => [state, 0]))
  let oldest = Infinity
  for (const { state, startedAt } of broker.transactions.all()) {
    counts.set(state, counts.get(state)! + 1)
    if (state === 'Ongoing') oldest = Math.min(oldest, startedAt)
  }
  const byState = Array.from(counts, ([state, count]) => [{ state }, count] as const)
  text.gauge('broker_transactions', 'Transactional ids by their state; Ongoing ones are open', byState)
  const age = oldest === Infinity ? 0 : (broker.clock.steady() - oldest) / 1000
  text.gauge('broker_transaction_oldest_seconds', 'Age of the oldest open transaction', one(age))
}

function storage(text: PrometheusText, { storage: { errors } }: Broker, syncs: Histogram): void {
  text.histogram('broker_fsync_seconds', 'Time to make written bytes durable', [[{}, syncs]])
  text.counter('broker_storage_errors_total', 'Failed reads, writes and syncs', one(errors))
}
