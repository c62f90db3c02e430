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
  text.gauge('broker_share_group_state', '1 for the state that the share group is in', states)
  const members = groups.map((group) => [{ group: group.groupId }, group.members.length] as const)
  text.gauge('broker_share_group_members', 'Members of the share group', members)
}

function windows(text: PrometheusText, groups: ShareGroups): void {
  type Partition = ShareGroups[number]['partitions'][number]
  const perPartition = (of: (partition: Partition) => number) =>
    groups.flatMap(({ groupId, partitions }) =>
      partitions.map((at) => [{ group: groupId, topic: at.topic, partition: at.partition }, of(at)] as const),
    )
  text.gauge(
    'broker_share_lag',
    'Records of the partition that the share group is not done with',
    perPartition(({ lag }) => lag),
  )
  text.gauge(
    'broker_share_window_records',
    'Offsets from the first that is not done with to the last that was acquired',
    perPartition(({ windowSize }) => windowSize),
  )
  text.gauge(
    'broker_share_acquired_records',
    'Records that members hold',
    perPartition(({ acquired }) => acquired),
  )
}

function counters(text: PrometheusText, broker: Broker): void {
  const all = Array.from(broker.share.metrics.entries(), ([group, topicId, counts]) => {
    return [{ group, topic: broker.topics.findById(topicId)?.name ?? topicId }, counts] as const
  })
  const counted = (name: string, help: string, of: (counts: ShareCounts) => Iterable<readonly [Labels, number]>) => {
    const samples = all.flatMap(([labels, counts]) =>
      Array.from(of(counts), ([more, value]) => [{ ...labels, ...more }, value] as const),
    )
    text.counter(name, help, samples)
  }
  counted('broker_share_acquired_total', 'Records acquired, by which of their deliveries it was', ({ acquired }) =>
    Array.from(acquired, ([delivery, count]) => [{ delivery }, count] as const),
  )
  counted('broker_share_acknowledged_total', 'Records acknowledged, by how', ({ acknowledged }) =>
    ACKNOWLEDGEMENTS.map((type, number) => [{ type }, acknowledged[number]!] as const),
  )
  counted('broker_share_lock_timeouts_total', 'Records whose lock ran out', ({ lockTimeouts }) => [[{}, lockTimeouts]])
  counted('broker_share_dead_letters_total', 'Dead letters written', ({ deadLetters }) => [[{}, deadLetters]])
  const lost = 'Records archived without the dead letter that they should have had'
  counted('broker_share_dead_letters_lost_total', lost, ({ deadLettersLost }) => [[{}, deadLettersLost]])
}
