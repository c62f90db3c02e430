import { setTimeout as delay } from 'node:timers/promises'
import { describeShareGroupOffsets, ErrorCode, shareGroupDescribe } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { askCoordinators } from './ask-groups.ts'
import { type GroupMember, memberOf } from './group-member.ts'

const DESCRIBE_VERSION = 1
/** With the lag, which Kafka computes: 4.2 to today. */
const OFFSETS_VERSION = 1

/** A share group as its coordinator sees it. */
export interface ShareGroupDescription {
  readonly groupId: string
  readonly state: string
  readonly members: readonly GroupMember[]
  /** Those that it has read. */
  readonly partitions: readonly SharePosition[]
}

export interface SharePosition {
  readonly topic: string
  readonly partition: number
  /** The first record that it is not done with. */
  readonly start: number
  /** Records that it is not done with, those that are being worked on included. */
  readonly lag: number
}

export interface ShareGroups {
  readonly described: readonly ShareGroupDescription[]
  /** The ids of those whose positions were not told in time. */
  readonly untold: readonly string[]
}

/**
 * What there is to know of these share groups, those with members first; one that is gone meanwhile is left out.
 * Rejects when Kafka cannot be asked.
 *
 * @param withinMs after this the answer is what was told until then.
 */
export const describeShareGroups = async (
  options: KafkaOptions,
  groupIds: readonly string[],
  withinMs: number,
): Promise<ShareGroups> => {
  const described: ShareGroupDescription[] = []
  const untold = new Set(groupIds)
  const enough = new AbortController()
  const asking = askCoordinators(options, groupIds, async (connection, led) => {
    for await (const [groupId, group] of describe(connection, led)) {
      if (group !== undefined) described.push(group)
      untold.delete(groupId)
      if (enough.signal.aborted) break
    }
    return []
  })
  try {
    await Promise.race([asking, delay(withinMs, undefined, { signal: enough.signal })])
  } finally {
    enough.abort()
    asking.catch(() => {})
  }
  return { described: [...described], untold: [...untold] }
}

/** Each group with what is known of it; nothing of one that is not there. */
async function* describe(
  connection: BrokerConnection,
  groupIds: readonly string[],
): AsyncGenerator<[groupId: string, ShareGroupDescription | undefined]> {
  const { groups } = await connection.request(shareGroupDescribe, DESCRIBE_VERSION, { groupIds })
  const isThere = ({ errorCode }: { errorCode: number }) => errorCode === ErrorCode.NONE
  for (const { groupId } of groups.filter((group) => !isThere(group))) yield [groupId, undefined]
  const busiestFirst = groups.filter(isThere).sort((a, b) => b.members.length - a.members.length)
  for (const { groupId, groupState: state, members } of busiestFirst) {
    const partitions = await positionsOf(connection, groupId)
    yield [groupId, { groupId, state, members: members.map(memberOf), partitions }]
  }
}

/** Of one group: Kafka 4.4 takes 8 ms for that, and seconds when it is asked about five at once. */
const positionsOf = async (connection: BrokerConnection, groupId: string): Promise<SharePosition[]> => {
  const request = { groups: [{ groupId, topics: null }] }
  const { groups } = await connection.request(describeShareGroupOffsets, OFFSETS_VERSION, request)
  return groups.flatMap(({ topics }) =>
    topics.flatMap(({ topicName: topic, partitions }) =>
      partitions
        .filter(({ errorCode, startOffset }) => errorCode === ErrorCode.NONE && startOffset >= 0)
        .map(({ partitionIndex: partition, startOffset: start, lag }) => ({
          ...{ topic, partition, start },
          // -1 where Kafka does not know.
          lag: Math.max(0, lag),
        })),
    ),
  )
}
