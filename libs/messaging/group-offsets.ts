import type { Admin } from 'kafkajs'
import { type Refusal, refuse } from '#libs/decider'
import { Problem } from '#libs/http'
import { ErrorCode, findCoordinator, offsetCommit } from '#libs/kafka-protocol'
import { askKafka } from './ask-kafka.ts'
import type { KafkaOptions } from './kafka-client.ts'
import { BrokerConnection } from './producer/broker-connection.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf } from './producer/errors.ts'
import { TopicReader } from './reader/topic-reader.ts'
import { topicOffsets } from './topic-offsets.ts'

/** Where a group is to go on: at the first or behind the last record that is there, at an offset, or at an instant. */
export type OffsetTarget = 'earliest' | 'latest' | { readonly offset: number } | { readonly at: string }

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
  readonly topic: string
  /** Who is in the group: while somebody is, its offsets are its members' to commit. */
  readonly members: readonly string[]
  readonly partitions: readonly {
    readonly partition: number
    /** What is committed now; null for nothing. */
    readonly from: number | null
    readonly to: number
    readonly earliest: number
    readonly latest: number
  }[]
}

export type ResetRefusal = 'unknown_group' | 'unknown_topic' | 'unknown_partition' | 'group_active'

const FIND_COORDINATOR_VERSION = 1
/** The last one that Kafka 2.1 speaks; every later one does. */
const OFFSET_COMMIT_VERSION = 5
const TIMING = { connectMs: 1_000, requestMs: 1_500, retriesMs: [], metadataMs: 0 }

/** Moves a group that nobody is in to other offsets. */
export class GroupOffsets {
  constructor(private readonly options: KafkaOptions) {}

  /** Changes nothing. @throws Problem 503 or 504 when Kafka cannot be asked. */
  plan(reset: OffsetReset): Promise<ResetPlan | Refusal<ResetRefusal>> {
    return askKafka(this.options, (admin) => planned(this.options, admin, reset))
  }

  /**
   * As planned, unless somebody has joined the group meanwhile: Kafka itself takes a commit from
   * outside only for a group without members.
   * @throws Problem 503 when it is not known whether it was done; the same may be asked again.
   */
  async commit(plan: ResetPlan): Promise<Refusal<ResetRefusal> | undefined> {
    return this.#commit(plan).catch((error: Error) => {
      const detail = `Kafka has not confirmed the offsets of ${plan.groupId}: ${error.message}; send the same request again`
      throw new Problem(503, { type: 'unavailable', detail })
    })
  }

  async #commit({ groupId, topic, partitions }: ResetPlan): Promise<Refusal<ResetRefusal> | undefined> {
    const connection = await this.#coordinatorOf(groupId)
    try {
      const answer = await connection.request(offsetCommit, OFFSET_COMMIT_VERSION, {
        ...{ groupId, generationIdOrMemberEpoch: -1, memberId: '' },
        topics: [
          {
            name: topic,
            partitions: partitions.map(({ partition, to }) => ({
              ...{ partitionIndex: partition, committedOffset: to, committedMetadata: null },
            })),
          },
        ],
      })
      const codes = answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
      if (codes.some((code) => IS_ACTIVE.has(code))) return activeGroup(groupId, 'somebody has joined it just now')
      const bad = codes.find((code) => code !== ErrorCode.NONE)
      if (bad !== undefined) throw errorOf(bad, `offsets of ${groupId}`)
      return undefined
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
])

const planned = async (
  options: KafkaOptions,
  admin: Admin,
  reset: OffsetReset,
): Promise<ResetPlan | Refusal<ResetRefusal>> => {
  const { groupId, topic, to } = reset
  const [described, known] = await Promise.all([admin.describeGroups([groupId]), topicOffsets(options, [topic])])
  const group = described.groups[0]
  const committed = await admin.fetchOffsets({ groupId })
  if ((group === undefined || group.state === 'Dead') && committed.length === 0)
    return refuse('unknown_group', `there is no group ${groupId}`)
  const there = known.get(topic)
  if (there === undefined) return refuse('unknown_topic', `there is no topic ${topic}`)
  const missing = reset.partitions?.find((partition) => !there.some((each) => each.partition === partition))
  if (missing !== undefined)
    return refuse('unknown_partition', `${topic} has partitions 0 to ${there.length - 1}, and no ${missing}`)
  const at = await offsetsAt(options, topic, there.length, to)
  const before = new Map(
    committed
      .find((each) => each.topic === topic)
      ?.partitions.map(({ partition, offset }) => [partition, Number(offset)]) ?? [],
  )
  const partitions = there
    .filter(({ partition }) => reset.partitions?.includes(partition) ?? true)
    .map(({ partition, earliest, latest }) => {
      const from = before.get(partition) ?? -1
      const wanted = at(partition, earliest, latest)
      return {
        ...{ partition, earliest, latest, from: from < 0 ? null : from },
        to: Math.min(Math.max(wanted, earliest), latest),
      }
    })
  const members = (group?.members ?? []).map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`)
  return { groupId, topic, members, partitions }
}

type Where = (partition: number, earliest: number, latest: number) => number

const offsetsAt = async (options: KafkaOptions, topic: string, count: number, to: OffsetTarget): Promise<Where> => {
  if (to === 'earliest') return (_, earliest) => earliest
  if (to === 'latest') return (_, __, latest) => latest
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
