import { setTimeout as delay } from 'node:timers/promises'
import { alterShareGroupOffsets, ErrorCode, leaveGroup, offsetCommit, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { type KafkaOptions, kafkaClient } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { errorOf, Refused } from '../producer/errors.ts'
import { topicOffsets } from '../topic-offsets.ts'
import { askCoordinators } from './ask-groups.ts'
import { describeConsumerGroups, type GroupProtocol } from './consumer-groups.ts'
import { listGroups } from './list-groups.ts'
import { describeShareGroups } from './share-groups.ts'

export interface TopicPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface GroupPosition {
  readonly groupId: string
  /** Of a share group: the first record that it is not done with. */
  readonly type: GroupProtocol | 'share'
  readonly at: readonly TopicPosition[]
}

/** Where everybody stands relative to the topics. */
export interface Positions {
  readonly groups: readonly GroupPosition[]
  /** Behind the last record of each partition. */
  readonly ends: readonly TopicPosition[]
}

/** The last one without topic ids that is not flexible: Kafka 2.1 to today. */
const OFFSET_COMMIT_VERSION = 5
/** Names several members. */
const LEAVE_GROUP_VERSION = 3
const SHARE_HEARTBEAT_VERSION = 1
const LEAVE = -1
/** For a group to be empty: longer than the longest session of ours. */
const EMPTY_WITHIN_MS = 60_000
const LOOK_MS = 250
/** Thousands of them. */
const SHARE_GROUPS_WITHIN_MS = 60_000

/**
 * What the brokers know now. Positions of groups come first: nobody in them stands behind an end.
 * @throws Refused when they do not tell all of it in time.
 */
export const readPositions = async (options: KafkaOptions): Promise<Positions> => {
  const listed = await listGroups(options)
  const named = (type: string) => listed.filter((group) => group.type === type).map(({ groupId }) => groupId)
  const consuming = async (type: GroupProtocol): Promise<GroupPosition[]> =>
    (await describeConsumerGroups(options, type, named(type))).map(({ groupId, partitions: at }) => ({
      ...{ groupId, type, at },
    }))
  const { described, untold } = await describeShareGroups(options, named('share'), SHARE_GROUPS_WITHIN_MS)
  if (untold.length > 0) throw new Refused(`where these share groups stand was not told in time: ${untold.join(', ')}`)
  const sharing = described.map(({ groupId, partitions }) => ({
    ...{ groupId, type: 'share' as const },
    at: partitions.map(({ topic, partition, start: offset }) => ({ topic, partition, offset })),
  }))
  const groups = [...(await consuming('classic')), ...(await consuming('consumer')), ...sharing]
  return { groups, ends: await endsOfTopics(options) }
}

/**
 * Behind the last record of each partition of all topics.
 * @throws Refused when that of a topic is not told: one that is not named is taken for one that was not there.
 */
export const endsOfTopics = async (options: KafkaOptions): Promise<TopicPosition[]> => {
  const admin = kafkaClient(options, 'briefly').admin()
  await admin.connect()
  try {
    const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'))
    const told = await topicOffsets(options, topics)
    const untold = topics.filter((topic) => !told.has(topic))
    if (untold.length > 0) throw new Refused(`where these topics end was not told: ${untold.join(', ')}`)
    return [...told].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, latest: offset }) => ({ topic, partition, offset })),
    )
  } finally {
    await admin.disconnect()
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
  for (const group of groups) {
    const at = group.at.flatMap((position) => {
      const bounds = there.get(position.topic)?.find(({ partition }) => partition === position.partition)
      return bounds === undefined ? [] : [{ ...position, offset: clamp(position.offset, bounds) }]
    })
    if (at.length > 0) await resetGroup(options, { ...group, at })
  }
}

const clamp = (offset: number, { earliest, latest }: { earliest: number; latest: number }): number =>
  Math.min(Math.max(offset, earliest), latest)

const resetGroup = async (options: KafkaOptions, { groupId, type, at }: GroupPosition): Promise<void> => {
  const deadline = Date.now() + EMPTY_WITHIN_MS
  for (;;) {
    const described = type === 'share' ? describeSharing : describeClassic
    const members = (await described(options, [groupId])).flatMap((group) => group.members)
    const [code] = await askCoordinators(options, [groupId], async (coordinator) => {
      await (type === 'share' ? endSharing : endConsuming)(coordinator, groupId, members)
      return [await (type === 'share' ? alter : commit)(coordinator, groupId, at)]
    })
    if (code === ErrorCode.NONE) return
    if (!IS_ACTIVE.has(code!)) throw errorOf(code!, `positions of ${groupId}`)
    if (Date.now() > deadline) throw new Refused(`${groupId} is at work: stop its members first`)
    await delay(LOOK_MS)
  }
}

/** Members of the other protocol leave by themselves, when their sessions end. */
const describeClassic = (options: KafkaOptions, groupIds: readonly string[]) =>
  describeConsumerGroups(options, 'classic', groupIds)

const describeSharing = async (options: KafkaOptions, groupIds: readonly string[]) =>
  (await describeShareGroups(options, groupIds, SHARE_GROUPS_WITHIN_MS)).described

const IS_ACTIVE = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.NON_EMPTY_GROUP,
])

type Members = readonly { readonly memberId: string }[]

const endConsuming = async (coordinator: BrokerConnection, groupId: string, members: Members): Promise<void> => {
  if (members.length === 0) return
  const leaving = members.map(({ memberId }) => ({ memberId }))
  await coordinator.request(leaveGroup, LEAVE_GROUP_VERSION, { groupId, members: leaving })
}

const endSharing = async (coordinator: BrokerConnection, groupId: string, members: Members): Promise<void> => {
  for (const { memberId } of members)
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
