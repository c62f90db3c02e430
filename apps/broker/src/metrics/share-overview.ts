import type { Broker } from '../broker.ts'
import { NO_ASSIGNMENT } from '../share/assignor.ts'
import { type ShareGroup, stateOf } from '../share/share-group.ts'
import { recordsIn } from '../share/share-metrics.ts'
import { lagOf } from '../share/window.ts'

/** Share groups, their members, and how far they are in each partition, as plain data. */
export const shareGroupsOf = (broker: Broker) =>
  Array.from(broker.share.groups.all(), (group) => groupOf(broker, group))

function groupOf(broker: Broker, group: ShareGroup) {
  const partitions = Array.from(partitionsOf(broker, group)).sort(
    (a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition,
  )
  return {
    groupId: group.groupId,
    state: stateOf(group),
    epoch: group.epoch,
    members: Array.from(group.members.values(), ({ memberId, clientId, clientHost, assigned }) => ({
      ...{ memberId, clientId, clientHost },
      assignment: (assigned ?? NO_ASSIGNMENT).map(({ topicId, partitions }) => ({
        ...{ topic: broker.topics.findById(topicId)?.name ?? topicId, partitions },
      })),
    })),
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    partitions,
  }
}

function* partitionsOf(broker: Broker, { groupId }: ShareGroup) {
  for (const { topicId, partition, state } of broker.share.partitions.of(groupId)) {
    const topic = broker.topics.findById(topicId)
    const log = topic?.logs[partition]
    if (topic === undefined || log === undefined) continue
    const { start, end, spans } = state
    const held = spans.filter((span) => span.state === 'acquired').reduce((sum, span) => sum + recordsIn(span), 0)
    yield {
      ...{ topic: topic.name, partition, startOffset: start, windowSize: end - start, acquired: held },
      lag: lagOf(state, log.logStartOffset, log.highWatermark),
    }
  }
}
