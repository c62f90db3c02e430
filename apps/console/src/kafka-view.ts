import type { Admin, ConfigResourceTypes, PartitionMetadata } from 'kafkajs'
import { topicNames } from '#libs/contracts'
import { sharedAnswer } from '#libs/http'
import {
  askKafka,
  type ConsumerGroupDescription,
  describeConsumerGroups,
  describeShareGroups,
  type GroupMember,
  type KafkaOptions,
  type ListedGroup,
  listGroups,
  type PartitionOffsets,
  partitionSizes,
  type ShareGroupDescription,
  topicOffsets,
} from '#libs/messaging'

export interface TopicView {
  readonly name: string
  readonly partitions: readonly (PartitionOffsets & PartitionNodes)[]
}

/** By their ids. */
interface PartitionNodes {
  /** -1 for nobody. */
  readonly leader: number
  /** Who is to have a copy, the preferred leader first. */
  readonly replicas: readonly number[]
  /** Who has one that is up to date: Kafka's ISR. A node that is away is in none. */
  readonly inSync: readonly number[]
}

/** What one topic takes and how it is set, beside what `TopicView` says. */
export interface TopicDetails {
  readonly name: string
  /** On the disks of the leaders; copies are not counted. */
  readonly bytes: number
  readonly partitions: readonly { readonly partition: number; readonly bytes: number }[]
  /** As they are in force; those of the topic itself first. */
  readonly settings: readonly { readonly name: string; readonly value: string | null; readonly isDefault: boolean }[]
}

export interface GroupView {
  readonly groupId: string
  /** Of a share group each record goes to one member and is acknowledged by itself; of the others each partition does. */
  readonly type: 'consumer' | 'share'
  readonly state: string
  readonly members: readonly GroupMember[]
  /** Records that the group has not committed yet, or a share group is not done with, over all partitions. */
  readonly lag: number
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    /** What is committed; of a share group the first record that it is not done with. */
    readonly offset: number
    readonly latest: number
    readonly lag: number
  }[]
}

/** What there is, and the topics of ours that are not there (any more) and so are not in it. */
interface View<T> {
  readonly items: readonly T[]
  readonly missing: readonly string[]
}

interface GroupsView extends View<GroupView> {
  /** Ids of share groups that are there, and whose positions Kafka did not tell in time. */
  readonly untold: readonly string[]
}

/** Within the deadline for all of what Kafka is asked; it takes some 8 ms for each, those with members first. */
const SHARE_GROUPS_WITHIN_MS = 800

/**
 * Topics and groups as Kafka itself reports them, through its admin API: the same on any Kafka. However many ask,
 * Kafka is asked once a second.
 */
export class KafkaView {
  readonly topics: () => Promise<View<TopicView>>
  readonly groups: () => Promise<GroupsView>
  /** Of every partition that there is. */
  readonly replicas: () => Promise<readonly PartitionNodes[]>

  constructor(private readonly options: KafkaOptions) {
    this.topics = sharedAnswer(() => askKafka(options, (admin) => topicsOf(options, admin)))
    this.groups = sharedAnswer(() => askKafka(options, (admin) => groupsOf(options, admin)))
    this.replicas = sharedAnswer(() => askKafka(options, replicasOf))
  }

  /** Undefined when there is no such topic. */
  topic(name: string): Promise<TopicDetails | undefined> {
    return askKafka(this.options, async (admin) => {
      const sizes = await partitionSizes(this.options, name)
      if (sizes === undefined) return undefined
      const partitions = Array.from(sizes, ([partition, bytes]) => ({ partition, bytes }))
      return {
        ...{ name, bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0) },
        partitions: partitions.sort((a, b) => a.partition - b.partition),
        settings: await settingsOf(admin, name),
      }
    })
  }
}

const settingsOf = async (admin: Admin, name: string): Promise<TopicDetails['settings']> => {
  const resources = [{ type: TOPIC, name }]
  const { resources: described } = await admin.describeConfigs({ resources, includeSynonyms: false })
  return (described[0]?.configEntries ?? [])
    .filter(({ isSensitive }) => !isSensitive)
    .map(({ configName, configValue, configSource }) => ({
      ...{ name: configName, value: configValue, isDefault: (configSource as number) !== OF_THE_TOPIC },
    }))
    .sort((a, b) => Number(a.isDefault) - Number(b.isDefault) || a.name.localeCompare(b.name))
}

/** As Kafka numbers what has settings; the client's own names for that cannot be imported from a module. */
const TOPIC: ConfigResourceTypes = 2
/** Kafka's DYNAMIC_TOPIC_CONFIG: said of this topic, and no default of the broker's. */
const OF_THE_TOPIC = 1

const replicasOf = async (admin: Admin): Promise<PartitionNodes[]> => {
  const { topics } = await admin.fetchTopicMetadata()
  return topics.flatMap(({ partitions }) => partitions.map(nodesOf))
}

const nodesOf = ({ leader, replicas, isr }: PartitionMetadata): PartitionNodes => ({
  ...{ leader, replicas, inSync: isr.toSorted((a, b) => a - b) },
})

/** Of a partition that came between two questions. */
const NONE: PartitionNodes = { leader: -1, replicas: [], inSync: [] }

const topicsOf = async (options: KafkaOptions, admin: Admin): Promise<View<TopicView>> => {
  const { topics } = await admin.fetchTopicMetadata()
  const visible = topics.filter(({ name }) => !name.startsWith('__')).sort((a, b) => a.name.localeCompare(b.name))
  const names = visible.map(({ name }) => name)
  const offsets = await topicOffsets(options, names)
  const items = visible
    .filter(({ name }) => offsets.has(name))
    .map(({ name, partitions }) => {
      const nodes = new Map(partitions.map((partition) => [partition.partitionId, nodesOf(partition)]))
      return {
        name,
        partitions: offsets.get(name)!.map((each) => ({ ...each, ...(nodes.get(each.partition) ?? NONE) })),
      }
    })
  return { items, missing: [...new Set([...topicNames, ...names])].filter((name) => !offsets.has(name)) }
}

const groupsOf = async (options: KafkaOptions, admin: Admin): Promise<GroupsView> => {
  const [{ items: topics, missing }, listed] = await Promise.all([topicsOf(options, admin), listGroups(options)])
  const latest = latestOffsets(topics)
  const ofType = (type: string) => listed.filter((group) => group.type === type)
  const ids = (groups: readonly ListedGroup[]) => groups.map(({ groupId }) => groupId)
  const [classic, consumer, share] = await Promise.all([
    // Others share something else than partitions by the same protocol, e.g. the workers of Kafka Connect.
    describeConsumerGroups(
      options,
      'classic',
      ids(ofType('classic').filter((group) => group.protocolType === 'consumer')),
    ),
    describeConsumerGroups(options, 'consumer', ids(ofType('consumer'))),
    describeShareGroups(options, ids(ofType('share')), SHARE_GROUPS_WITHIN_MS),
  ])
  const items = [
    ...[...classic, ...consumer].map((group) => consumerGroupView(group, latest)),
    ...share.described.map((group) => shareGroupView(group, latest)),
  ]
  return { items: items.sort((a, b) => a.groupId.localeCompare(b.groupId)), missing, untold: share.untold }
}

type LatestOffsets = ReadonlyMap<string, number>

const consumerGroupView = (group: ConsumerGroupDescription, latest: LatestOffsets): GroupView => {
  const partitions = group.partitions
    .map((position) => {
      const end = latest.get(`${position.topic}/${position.partition}`) ?? position.offset
      return { ...position, latest: end, lag: Math.max(0, end - position.offset) }
    })
    .sort(byPlace)
  return { ...group, type: 'consumer', partitions, lag: lagOver(partitions) }
}

const shareGroupView = (group: ShareGroupDescription, latest: LatestOffsets): GroupView => {
  const partitions = group.partitions
    .map(({ topic, partition, start, lag }) => {
      return { topic, partition, offset: start, latest: latest.get(`${topic}/${partition}`) ?? start, lag }
    })
    .sort(byPlace)
  return { ...group, type: 'share', partitions, lag: lagOver(partitions) }
}

const byPlace = (a: Place, b: Place): number => a.topic.localeCompare(b.topic) || a.partition - b.partition

interface Place {
  readonly topic: string
  readonly partition: number
}

const lagOver = (partitions: GroupView['partitions']): number => partitions.reduce((sum, { lag }) => sum + lag, 0)

const latestOffsets = (topics: readonly TopicView[]): Map<string, number> =>
  new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, latest }) => [`${name}/${partition}`, latest]),
    ),
  )
