import type { Admin } from 'kafkajs'
import { Problem } from '#libs/http'

export interface TopicView {
  readonly name: string
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly earliest: number
    readonly latest: number
  }[]
}

export interface GroupView {
  readonly groupId: string
  readonly state: string
  readonly members: readonly { readonly memberId: string; readonly clientId: string; readonly host: string }[]
  /** Records that the group has not committed yet, over all partitions. */
  readonly lag: number
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly latest: number
    readonly lag: number
  }[]
}

/** Topics and groups as Kafka itself reports them, through its admin API: the same on any Kafka. */
export class KafkaView {
  #connected: Promise<void> | undefined

  constructor(private readonly admin: Admin) {}

  async topics(): Promise<TopicView[]> {
    await this.#connect()
    const { topics } = await this.admin.fetchTopicMetadata()
    const visible = topics.filter(({ name }) => !name.startsWith('__')).sort((a, b) => a.name.localeCompare(b.name))
    return Promise.all(
      visible.map(async ({ name, partitions }) => {
        const offsets = new Map((await this.admin.fetchTopicOffsets(name)).map((offset) => [offset.partition, offset]))
        return {
          name,
          partitions: partitions
            .map(({ partitionId, leader }) => ({
              partition: partitionId,
              leader,
              earliest: Number(offsets.get(partitionId)?.low ?? 0),
              latest: Number(offsets.get(partitionId)?.high ?? 0),
            }))
            .sort((a, b) => a.partition - b.partition),
        }
      }),
    )
  }

  async groups(): Promise<GroupView[]> {
    await this.#connect()
    const { groups } = await this.admin.listGroups()
    const names = groups.filter((group) => group.protocolType === 'consumer').map((group) => group.groupId)
    if (names.length === 0) return []
    const described = (await this.admin.describeGroups(names)).groups
    const latest = latestOffsets(await this.topics())
    const views = described.map(async ({ groupId, state, members }) => ({
      groupId,
      state,
      members: members.map(({ memberId, clientId, clientHost }) => ({ memberId, clientId, host: clientHost })),
      ...(await this.#lag(groupId, latest)),
    }))
    return (await Promise.all(views)).sort((a, b) => a.groupId.localeCompare(b.groupId))
  }

  async close(): Promise<void> {
    await this.admin.disconnect()
  }

  /** At the first question, and again after a failure: a gateway starts without Kafka. */
  async #connect(): Promise<void> {
    this.#connected ??= this.admin.connect()
    try {
      await this.#connected
    } catch (error) {
      this.#connected = undefined
      throw new Problem(503, {
        type: 'unavailable',
        detail: `Kafka cannot be reached right now: ${(error as Error).message}`,
      })
    }
  }

  async #lag(groupId: string, latest: ReadonlyMap<string, number>): Promise<Pick<GroupView, 'lag' | 'partitions'>> {
    const committed = await this.admin.fetchOffsets({ groupId })
    const partitions = committed
      .flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
      )
      .filter(({ offset }) => offset >= 0)
      .map((position) => {
        const end = latest.get(`${position.topic}/${position.partition}`) ?? position.offset
        return { ...position, latest: end, lag: Math.max(0, end - position.offset) }
      })
      .sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition)
    return { lag: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions }
  }
}

const latestOffsets = (topics: readonly TopicView[]): Map<string, number> =>
  new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, latest }) => [`${name}/${partition}`, latest]),
    ),
  )
