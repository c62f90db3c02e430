import type { Broker } from '../broker.ts'
import type { Group } from '../groups/group.ts'
import { shareGroupsOf } from './share-overview.ts'

/** What the broker holds, as plain data. */
export function overviewOf(broker: Broker) {
  return {
    clusterId: broker.clusterId,
    nodeId: broker.nodeId,
    listener: broker.advertised,
    topics: Array.from(broker.topics.all(), ({ name, topicId, configs, logs }) => ({
      name,
      topicId,
      configs,
      traffic: broker.traffic.of(name),
      partitions: logs.map((log) => ({
        partition: log.partition,
        startOffset: log.logStartOffset,
        lastStableOffset: log.lastStableOffset,
        endOffset: log.highWatermark,
        bytes: log.size,
        segments: log.segmentCount,
        isHealthy: log.healthy,
      })),
    })),
    groups: Array.from(broker.groups.all(), (group) => ({
      groupId: group.groupId,
      state: group.state,
      generation: group.generation,
      members: Array.from(group.members.values(), ({ memberId, instanceId, clientId, clientHost }) => ({
        ...{ memberId, instanceId, clientId, clientHost },
      })),
      lag: offsetsOf(broker, group).reduce((sum, { lag }) => sum + lag, 0),
      offsets: offsetsOf(broker, group),
    })),
    shareGroups: shareGroupsOf(broker),
    transactions: Array.from(broker.transactions.all(), (transaction) => ({
      transactionalId: transaction.transactionalId,
      state: transaction.state,
      producerId: transaction.producerId,
      epoch: transaction.epoch,
      startedAt: transaction.startedAt < 0 ? null : new Date(transaction.startedAt).toISOString(),
      partitions: Array.from(transaction.partitions, ([topic, partitions]) => ({ topic, partitions: [...partitions] })),
      groups: [...transaction.groups],
    })),
  }
}

function offsetsOf(broker: Broker, { groupId }: Group) {
  const offsets: { topic: string; partition: number; offset: number; lag: number }[] = []
  for (const [topic, partitions] of broker.groups.offsetsOf(groupId).committed) {
    for (const [partition, { offset }] of partitions) {
      const end = broker.topics.find(topic)?.logs[partition]?.highWatermark ?? offset
      offsets.push({ topic, partition, offset, lag: Math.max(0, end - offset) })
    }
  }
  return offsets
}
