import type { Broker } from '../broker.ts'
import { stateOf } from '../consumer-groups/consumer-group.ts'
import { shareGroupsOf } from './share-overview.ts'

/** What the broker holds, as plain data. */
export function overviewOf(broker: Broker) {
  return {
    clusterId: broker.clusterId,
    nodeId: broker.nodeId,
    listeners: broker.listeners.map(({ name, securityProtocol, advertised }) => ({
      ...{ name, securityProtocol, ...advertised },
    })),
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
    groups: groupsOf(broker).map(({ groupId, state, generation, members }) => ({
      ...{ groupId, state, generation },
      members: members.map(({ memberId, instanceId, clientId, clientHost }) => ({
        ...{ memberId, instanceId, clientId, clientHost },
      })),
      lag: offsetsOf(broker, groupId).reduce((sum, { lag }) => sum + lag, 0),
      offsets: offsetsOf(broker, groupId),
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

/** Those of both protocols; the epoch of a group of the consumer protocol is its generation. */
function groupsOf({ groups }: Broker) {
  const classic = Array.from(groups.all(), ({ groupId, state, generation, members }) => ({
    ...{ groupId, state: state as string, generation, members: [...members.values()] },
  }))
  const consumer = Array.from(groups.consumer.all(), (group) => ({
    ...{ groupId: group.groupId, state: stateOf(group), generation: group.epoch, members: [...group.members.values()] },
  }))
  return [...classic, ...consumer]
}

function offsetsOf(broker: Broker, groupId: string) {
  const offsets: { topic: string; partition: number; offset: number; lag: number }[] = []
  for (const [topic, partitions] of broker.groups.offsetsOf(groupId).committed) {
    for (const [partition, { offset }] of partitions) {
      const end = broker.topics.find(topic)?.logs[partition]?.highWatermark ?? offset
      offsets.push({ topic, partition, offset, lag: Math.max(0, end - offset) })
    }
  }
  return offsets
}
