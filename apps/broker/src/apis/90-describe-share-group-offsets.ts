import { describeShareGroupOffsets, ErrorCode, type RequestOf, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Topic } from '../metadata/topics.ts'
import { lagOf, type SharePartition } from '../share/window.ts'

type Group = RequestOf<typeof describeShareGroupOffsets>['groups'][number]
interface Wanted {
  readonly topicName: string
  readonly partitions: readonly number[]
}

/**
 * DescribeShareGroupOffsets: 0-1
 * - A group that there is not has read nothing, which is no error.
 */
export const handleDescribeShareGroupOffsets = defineHandler({
  api: describeShareGroupOffsets,
  advertised: { min: 0, max: 1 },
  handle: ({ groups }, { broker }) => ({ groups: groups.map((group) => described(group, broker)) }),
})

function described({ groupId, topics }: Group, broker: Broker) {
  const wanted = topics ?? knownTopics(broker, groupId)
  return { errorCode: ErrorCode.NONE, groupId, topics: wanted.map((topic) => topicOf(topic, groupId, broker)) }
}

function knownTopics(broker: Broker, groupId: string): Wanted[] {
  const byName = new Map<string, number[]>()
  for (const { topicId, partition } of broker.share.partitions.of(groupId)) {
    const name = broker.topics.findById(topicId)?.name
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), partition])
  }
  return Array.from(byName, ([topicName, partitions]) => ({ topicName, partitions: partitions.sort((a, b) => a - b) }))
}

function topicOf({ topicName, partitions }: Wanted, groupId: string, broker: Broker) {
  const topic = broker.topics.find(topicName)
  return {
    topicName,
    topicId: topic?.topicId ?? ZERO_UUID,
    partitions: partitions.map((partition) => {
      const at = topic === undefined ? undefined : { topicId: topic.topicId, partition }
      return partitionOf(partition, at && broker.share.partitions.find(groupId, at), topic)
    }),
  }
}

/** A partition that the group has not read yet begins at -1, which is no error. */
function partitionOf(partitionIndex: number, state: SharePartition | undefined, topic: Topic | undefined) {
  const log = topic?.logs[partitionIndex]
  const isKnown = state !== undefined && log !== undefined
  return {
    partitionIndex,
    startOffset: isKnown ? Math.max(state.start, log.logStartOffset) : -1,
    leaderEpoch: isKnown ? log.leaderEpoch : 0,
    lag: isKnown ? lagOf(state, log.logStartOffset, log.highWatermark) : -1,
    errorCode: ErrorCode.NONE,
  }
}
