import { type Metric, metrics } from '#libs/observability'
import type { Broker } from '../broker.ts'
import { ACKNOWLEDGEMENTS, type ShareCounts } from '../share/share-metrics.ts'
import type { PrometheusText } from './prometheus.ts'
import type { shareGroupsOf } from './share-overview.ts'

type ShareGroups = ReturnType<typeof shareGroupsOf>
type Labels = Readonly<Record<string, string | number>>

/** What share groups are doing, and what they have done since the broker started. */
export function shareMetrics(text: PrometheusText, broker: Broker, groups: ShareGroups): void {
  states(text, groups)
  windows(text, groups)
  counters(text, broker)
}

function states(text: PrometheusText, groups: ShareGroups): void {
  const states = groups.map(({ groupId, state }) => [{ group: groupId, state }, 1] as const)
  text.gauge(metrics.shareGroups.state, states)
  const members = groups.map((group) => [{ group: group.groupId }, group.members.length] as const)
  text.gauge(metrics.shareGroups.members, members)
}

function windows(text: PrometheusText, groups: ShareGroups): void {
  type Partition = ShareGroups[number]['partitions'][number]
  const perPartition = (of: (partition: Partition) => number) =>
    groups.flatMap(({ groupId, partitions }) =>
      partitions.map((at) => [{ group: groupId, topic: at.topic, partition: at.partition }, of(at)] as const),
    )
  text.gauge(
    metrics.shareGroups.lag,
    perPartition(({ lag }) => lag),
  )
  text.gauge(
    metrics.shareGroups.window,
    perPartition(({ windowSize }) => windowSize),
  )
  text.gauge(
    metrics.shareGroups.held,
    perPartition(({ acquired }) => acquired),
  )
}

function counters(text: PrometheusText, broker: Broker): void {
  const all = Array.from(broker.share.metrics.entries(), ([group, topicId, counts]) => {
    return [{ group, topic: broker.topics.findById(topicId)?.name ?? topicId }, counts] as const
  })
  const counted = (metric: Metric<'counter'>, of: (counts: ShareCounts) => Iterable<readonly [Labels, number]>) => {
    const samples = all.flatMap(([labels, counts]) =>
      Array.from(of(counts), ([more, value]) => [{ ...labels, ...more }, value] as const),
    )
    text.counter(metric, samples)
  }
  counted(metrics.shareGroups.acquired, ({ acquired }) =>
    Array.from(acquired, ([delivery, count]) => [{ delivery }, count] as const),
  )
  counted(metrics.shareGroups.acknowledged, ({ acknowledged }) =>
    ACKNOWLEDGEMENTS.map((type, number) => [{ type }, acknowledged[number]!] as const),
  )
  counted(metrics.shareGroups.lockTimeouts, ({ lockTimeouts }) => [[{}, lockTimeouts]])
  counted(metrics.shareGroups.deadLetters, ({ deadLetters }) => [[{}, deadLetters]])
  counted(metrics.shareGroups.deadLettersLost, ({ deadLettersLost }) => [[{}, deadLettersLost]])
}
