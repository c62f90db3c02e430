import { type Refusal, refuse } from '#libs/decider'
import { Problem } from '#libs/http'
import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import { askKafka } from './ask-kafka.ts'
import { describeConsumerGroups } from './groups/consumer-groups.ts'
import { listGroups } from './groups/list-groups.ts'
import { describeShareGroups } from './groups/share-groups.ts'
import type { KafkaOptions } from './kafka-client.ts'
import type { BrokerConnection } from './producer/broker-connection.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf } from './producer/errors.ts'
import { TopicReader } from './reader/topic-reader.ts'
import { alterShareOffsets, commitOffsets, deleteOffsets, deleteShareOffsets } from './set-group-offsets.ts'
import { topicOffsets } from './topic-offsets.ts'

/**
 * Where a group is to go on: at the first or behind the last record that is there, at an offset, at an instant, or where a
 * group begins that has never read the topic.
 */
export type OffsetTarget = 'earliest' | 'latest' | 'forgotten' | { readonly offset: number } | { readonly at: string }

export interface OffsetReset {
  readonly groupId: string
  readonly topic: string
  /** All of the topic's when left out. */
  readonly partitions?: readonly number[] | undefined
  readonly to: OffsetTarget
}

/** What a reset would do, as things stand. */
export interface ResetPlan {
  readonly groupId: string
  readonly type: 'consumer' | 'share'
  readonly topic: string
  /** Who is in the group: while somebody is, its offsets are its members' to commit. */
  readonly members: readonly string[]
  readonly partitions: readonly {
    readonly partition: number
    /** What is committed now, or the first record that a share group is not done with; null for nothing. */
    readonly from: number | null
    readonly to: number | null
    readonly earliest: number
    readonly latest: number
  }[]
}

export type ResetRefusal = 'unknown_group' | 'unknown_topic' | 'unknown_partition' | 'group_active'

const FIND_COORDINATOR_VERSION = 1
/** Kafka makes a share group's new offsets durable in two places before it answers. */
const TIMING = { connectMs: 1_000, requestMs: 5_000, retriesMs: [], metadataMs: 0 }

/** Moves a group that nobody is in to other offsets. */
export class GroupOffsets {
  constructor(private readonly options: KafkaOptions) {}

  /** Changes nothing. @throws Problem 503 or 504 when Kafka cannot be asked. */
  plan(reset: OffsetReset): Promise<ResetPlan | Refusal<ResetRefusal>> {
    return askKafka(this.options, () => planned(this.options, reset))
  }

  /**
   * As planned, unless somebody has joined the group meanwhile: Kafka itself takes offsets from
   * outside only for a group without members. The same again is done again.
   * @throws Problem 503 when it is not known whether it was done; the same may be asked again.
   */
  async commit(plan: ResetPlan): Promise<Refusal<ResetRefusal> | undefined> {
    return this.#commit(plan).catch((error: Error) => {
      const detail = `Kafka has not confirmed the offsets of ${plan.groupId}: ${error.message}; send the same request again`
      throw new Problem(503, { type: 'unavailable', detail })
    })
  }

  async #commit(plan: ResetPlan): Promise<Refusal<ResetRefusal> | undefined> {
    const { groupId, type, partitions } = plan
    const forgets = partitions.some(({ to }) => to === null)
    const set = type === 'share' ? alterShareOffsets : commitOffsets
    const forget = type === 'share' ? deleteShareOffsets : deleteOffsets
    const connection = await this.#coordinatorOf(groupId)
    try {
      const code = await (forgets ? forget : set)(connection, plan)
      if (IS_ACTIVE.has(code)) return activeGroup(groupId, 'somebody has joined it just now')
      if (code === ErrorCode.NONE || (forgets && IS_FORGOTTEN.has(code))) return undefined
      throw errorOf(code, `offsets of ${groupId}`)
    } finally {
      connection.close()
    }
  }

  async #coordinatorOf(groupId: string): Promise<BrokerConnection> {
    const cluster = new Cluster(this.options, TIMING)
    try {
      const connection = await cluster.anyConnection()
      const found = await connection.request(findCoordinator, FIND_COORDINATOR_VERSION, { key: groupId, keyType: 0 })
      if (found.errorCode !== ErrorCode.NONE) throw errorOf(found.errorCode, `coordinator of ${groupId}`)
      return await cluster.open({ host: found.host, port: found.port }, TIMING)
    } finally {
      cluster.close()
    }
  }
}

const IS_ACTIVE = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.NON_EMPTY_GROUP,
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
])

/** One is told in some milliseconds; less than whoever asks waits (`askKafka`). */
const SHARE_GROUP_WITHIN_MS = 1_000

/** There is nothing (more) to forget. */
const IS_FORGOTTEN = new Set<number>([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.GROUP_ID_NOT_FOUND])

/** Who is in a group and where it stands, whatever protocol its members speak. */
interface GroupState {
  readonly type: ResetPlan['type']
  readonly members: readonly { readonly clientId: string; readonly host: string }[]
  readonly at: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
}

const stateOf = async (options: KafkaOptions, groupId: string): Promise<GroupState | undefined> => {
  const listed = (await listGroups(options)).find((group) => group.groupId === groupId)
  switch (listed?.type) {
    case 'share': {
      const { described, untold } = await describeShareGroups(options, [groupId], SHARE_GROUP_WITHIN_MS)
      if (untold.length > 0)
        throw new Problem(504, { type: 'timeout', detail: `Kafka does not say where ${groupId} is` })
      const [group] = described
      const at = group?.partitions.map(({ start, ...place }) => ({ ...place, offset: start }))
      return group && { type: 'share', members: group.members, at: at! }
    }
    case 'classic':
    case 'consumer': {
      const [group] = await describeConsumerGroups(options, listed.type, [groupId])
      return group && { type: 'consumer', members: group.members, at: group.partitions }
    }
    default:
      return undefined
  }
}

const planned = async (options: KafkaOptions, reset: OffsetReset): Promise<ResetPlan | Refusal<ResetRefusal>> => {
  const { groupId, topic, to } = reset
  const [group, known] = await Promise.all([stateOf(options, groupId), topicOffsets(options, [topic])])
  if (group === undefined) return refuse('unknown_group', `there is no group ${groupId}`)
  const there = known.get(topic)
  if (there === undefined) return refuse('unknown_topic', `there is no topic ${topic}`)
  const missing = reset.partitions?.find((partition) => !there.some((each) => each.partition === partition))
  if (missing !== undefined)
    return refuse('unknown_partition', `${topic} has partitions 0 to ${there.length - 1}, and no ${missing}`)
  const at = await offsetsAt(options, topic, there.length, to)
  const before = new Map(
    group.at.filter((each) => each.topic === topic).map(({ partition, offset }) => [partition, offset]),
  )
  const partitions = there
    .filter(({ partition }) => reset.partitions?.includes(partition) ?? true)
    .map(({ partition, earliest, latest }) => {
      const wanted = at(partition, earliest, latest)
      return {
        ...{ partition, earliest, latest, from: before.get(partition) ?? null },
        to: wanted === null ? null : Math.min(Math.max(wanted, earliest), latest),
      }
    })
  const members = group.members.map(({ clientId, host }) => `${clientId} at ${host}`)
  return { groupId, type: group.type, topic, members, partitions }
}

type Where = (partition: number, earliest: number, latest: number) => number | null

const offsetsAt = async (options: KafkaOptions, topic: string, count: number, to: OffsetTarget): Promise<Where> => {
  if (to === 'earliest') return (_, earliest) => earliest
  if (to === 'latest') return (_, __, latest) => latest
  if (to === 'forgotten') return () => null
  if ('offset' in to) return () => to.offset
  const reader = new TopicReader(options)
  try {
    const places = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    const found = await reader.offsetsAt(places, Date.parse(to.at))
    const offsets = new Map(found.map(({ partition, offset }) => [partition, offset]))
    // Behind the last record where none is that young.
    return (partition, _, latest) => {
      const offset = offsets.get(partition) ?? -1
      return offset < 0 ? latest : offset
    }
  } finally {
    reader.close()
  }
}

export const activeGroup = (groupId: string, who: string): Refusal<'group_active'> =>
  refuse('group_active', `${groupId} is at work: ${who}. Stop its members, wait until Kafka has seen it, and ask again`)
