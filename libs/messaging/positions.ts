import { setTimeout as delay } from 'node:timers/promises'
import {
  alterShareGroupOffsets,
  ErrorCode,
  findCoordinator,
  leaveGroup,
  offsetCommit,
  shareGroupHeartbeat,
} from '#libs/kafka-protocol'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'
import type { BrokerConnection } from './producer/broker-connection.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf, Refused } from './producer/errors.ts'
import { describeShareGroups } from './share-groups.ts'
import { topicOffsets } from './topic-offsets.ts'

export interface TopicPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface GroupPosition {
  readonly groupId: string
  /** Of a share group: the first record that it is not done with. */
  readonly type: 'consumer' | 'share'
  readonly at: readonly TopicPosition[]
}

/** Where everybody stands relative to the topics. */
export interface Positions {
  readonly groups: readonly GroupPosition[]
  /** Behind the last record of each partition. */
  readonly ends: readonly TopicPosition[]
}

const FIND_COORDINATOR_VERSION = 4
/** The last one without topic ids that is not flexible: Kafka 2.1 to today. */
const OFFSET_COMMIT_VERSION = 5
/** Names several members. */
const LEAVE_GROUP_VERSION = 3
const SHARE_HEARTBEAT_VERSION = 1
const LEAVE = -1
const GROUP = 0
const TIMING = { connectMs: 1_000, requestMs: 5_000, retriesMs: [], metadataMs: 0 }
/** For a group to be empty: longer than the longest session of ours. */
const EMPTY_WITHIN_MS = 60_000
const LOOK_MS = 250

/** What the brokers know now. Positions of groups come first: nobody in them stands behind an end. */
export const readPositions = async (options: KafkaOptions): Promise<Positions> => {
  const admin = kafkaClient(options, 'briefly').admin()
  await admin.connect()
  try {
    const { groups: listed } = await admin.listGroups()
    const named = (type: string) => listed.filter(({ protocolType }) => protocolType === type).map((it) => it.groupId)
    const consuming = await Promise.all(
      named('consumer').map(async (groupId) => ({ groupId, type: 'consumer' as const, at: await committed(groupId) })),
    )
    const sharing = (await describeShareGroups(options, named('share'))).map(({ groupId, partitions }) => ({
      ...{ groupId, type: 'share' as const },
      at: partitions.map(({ topic, partition, start: offset }) => ({ topic, partition, offset })),
    }))
    const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'))
    const ends = [...(await topicOffsets(options, topics))].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, latest: offset }) => ({ topic, partition, offset })),
    )
    return { groups: [...consuming, ...sharing], ends }
  } finally {
    await admin.disconnect()
  }

  async function committed(groupId: string): Promise<TopicPosition[]> {
    return (await admin.fetchOffsets({ groupId })).flatMap(({ topic, partitions }) =>
      partitions
        .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
        .filter(({ offset }) => offset >= 0),
    )
  }
}

/**
 * Has groups go on at these positions, as far as their topics reach. Whoever is still in a group, as its brokers
 * remember from before, is put out of it: nobody may be at work in any of them.
 * @throws Refused when somebody joins again and again.
 */
export const resetPositions = async (options: KafkaOptions, groups: readonly GroupPosition[]): Promise<void> => {
  const topics = [...new Set(groups.flatMap(({ at }) => at.map(({ topic }) => topic)))]
  const there = await topicOffsets(options, topics)
  const cluster = new Cluster(options, TIMING)
  try {
    await cluster.know([])
    for (const { at, ...group } of groups) {
      const within = at.flatMap((position) => {
        const bounds = there.get(position.topic)?.find(({ partition }) => partition === position.partition)
        return bounds === undefined ? [] : [{ ...position, offset: clamp(position.offset, bounds) }]
      })
      if (within.length > 0) await resetGroup(options, await coordinatorOf(cluster, group.groupId), group, within)
    }
  } finally {
    cluster.close()
  }
}

const clamp = (offset: number, { earliest, latest }: { earliest: number; latest: number }): number =>
  Math.min(Math.max(offset, earliest), latest)

type Group = Omit<GroupPosition, 'at'>

const resetGroup = async (
  options: KafkaOptions,
  coordinator: BrokerConnection,
  { groupId, type }: Group,
  at: readonly TopicPosition[],
): Promise<void> => {
  const deadline = Date.now() + EMPTY_WITHIN_MS
  for (;;) {
    await (type === 'share' ? emptyShareGroup : emptyGroup)(options, coordinator, groupId)
    const code = await (type === 'share' ? alter : commit)(coordinator, groupId, at)
    if (code === ErrorCode.NONE) return
    if (!IS_ACTIVE.has(code)) throw errorOf(code, `positions of ${groupId}`)
    if (Date.now() > deadline) throw new Refused(`${groupId} is at work: stop its members first`)
    await delay(LOOK_MS)
  }
}

const IS_ACTIVE = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.NON_EMPTY_GROUP,
])

const emptyGroup = async (options: KafkaOptions, coordinator: BrokerConnection, groupId: string): Promise<void> => {
  const admin = kafkaClient(options, 'briefly').admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    const members = groups.flatMap(({ members }) => members.map(({ memberId }) => ({ memberId })))
    if (members.length > 0) await coordinator.request(leaveGroup, LEAVE_GROUP_VERSION, { groupId, members })
  } finally {
    await admin.disconnect()
  }
}

const emptyShareGroup = async (
  options: KafkaOptions,
  coordinator: BrokerConnection,
  groupId: string,
): Promise<void> => {
  const [group] = await describeShareGroups(options, [groupId])
  for (const { memberId } of group?.members ?? [])
    await coordinator.request(shareGroupHeartbeat, SHARE_HEARTBEAT_VERSION, { groupId, memberId, memberEpoch: LEAVE })
}

const commit = async (
  coordinator: BrokerConnection,
  groupId: string,
  at: readonly TopicPosition[],
): Promise<number> => {
  const answer = await coordinator.request(offsetCommit, OFFSET_COMMIT_VERSION, {
    ...{ groupId, generationIdOrMemberEpoch: -1, memberId: '' },
    topics: byTopic(at, (partitionIndex, committedOffset) => ({
      ...{ partitionIndex, committedOffset, committedMetadata: null },
    })).map(([name, partitions]) => ({ name, partitions })),
  })
  return worst(answer.topics.flatMap(({ partitions }) => partitions))
}

const alter = async (coordinator: BrokerConnection, groupId: string, at: readonly TopicPosition[]): Promise<number> => {
  const topics = byTopic(at, (partitionIndex, startOffset) => ({ partitionIndex, startOffset }))
  const answer = await coordinator.request(alterShareGroupOffsets, 0, {
    groupId,
    topics: topics.map(([topicName, partitions]) => ({ topicName, partitions })),
  })
  if (answer.errorCode !== ErrorCode.NONE) return answer.errorCode
  return worst(answer.responses.flatMap(({ partitions }) => partitions))
}

const byTopic = <T>(at: readonly TopicPosition[], of: (partition: number, offset: number) => T): [string, T[]][] =>
  Array.from(
    Map.groupBy(at, ({ topic }) => topic),
    ([topic, positions]) => [topic, positions.map(({ partition, offset }) => of(partition, offset))],
  )

const worst = (answers: readonly { readonly errorCode: number }[]): number =>
  answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE

const coordinatorOf = async (cluster: Cluster, groupId: string): Promise<BrokerConnection> => {
  const request = { keyType: GROUP, coordinatorKeys: [groupId] }
  const answer = await (await cluster.anyConnection()).request(findCoordinator, FIND_COORDINATOR_VERSION, request)
  const [found] = answer.coordinators
  if (found!.errorCode !== ErrorCode.NONE) throw errorOf(found!.errorCode, `the coordinator of ${groupId}`)
  return cluster.connectionTo(found!.nodeId)
}
