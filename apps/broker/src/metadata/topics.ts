import { ErrorCode } from '#libs/kafka-protocol'
import type { LiveSettings, SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import { logConfigOf, type TopicConfigs, topicConfigProblem } from '../config/topic-config.ts'
import { RecordLog } from '../journal/record-log.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import {
  emptyMetadata,
  evolveMetadata,
  type MetadataImage,
  type MetadataRecord,
  newClusterId,
  newTopicId,
  snapshotOfMetadata,
  type TopicRecord,
} from './metadata-log.ts'

/** A topic that is ready: all its partitions are open and led by this broker. */
export interface Topic extends TopicRecord {
  readonly logs: readonly PartitionLog[]
}

/** A refusal in the protocol's terms. */
export interface Refusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

export const isRefusal = (value: object): value is Refusal => 'errorCode' in value

const MAX_NAME_LENGTH = 249
const MAX_PARTITIONS = 10_000

/** Kafka's rule for topic names; undefined when the name is good. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return "Topic name is invalid: '.' or '..' is not allowed"
  if (name.length > MAX_NAME_LENGTH) return `Topic name is invalid: it is longer than ${MAX_NAME_LENGTH} characters`
  if (/^[A-Za-z0-9._-]+$/.test(name)) return undefined
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/**
 * The topics of this broker. Creation makes the partitions first and the record after them, deletion the other way
 * round, so a crash in between leaves directories nobody knows: they are removed at the next start.
 */
export class Topics {
  private readonly byName = new Map<string, Topic>()
  private readonly byId = new Map<string, Topic>()
  /** Creations under way, so that a second request for the same name waits for the first. */
  private readonly creating = new Map<string, Promise<Topic | Refusal>>()
  private image: MetadataImage = emptyMetadata
  private records!: RecordLog<MetadataRecord>
  private readonly logs: LogManager
  private readonly settings: LiveSettings

  private constructor(logs: LogManager, settings: LiveSettings) {
    this.logs = logs
    this.settings = settings
  }

  static async open(logs: LogManager, settings: LiveSettings): Promise<Topics> {
    const topics = new Topics(logs, settings)
    const deleted = new Set<string | undefined>()
    topics.records = await RecordLog.open<MetadataRecord>(
      logs,
      'metadata',
      (record) => {
        if (record.type === 'TopicDeleted') deleted.add(topics.image.topics.get(record.topicId)?.name)
        topics.apply(record)
      },
      () => snapshotOfMetadata(topics.image),
    )
    if (topics.image.clusterId === undefined) {
      await topics.record({ type: 'ClusterCreated', clusterId: newClusterId() })
    }
    for (const scope of ['broker', 'cluster'] as const) settings.change(scope, topics.image.brokerConfigs[scope])
    for (const record of topics.image.topics.values()) topics.publish(await topics.openLogs(record))
    for (const { topic, partition } of logs.strays()) {
      // Records of a topic that was neither deleted nor created: its record was lost to a damage of the journal.
      const isLeftover = deleted.has(topic) || logs.isEmpty(topic, partition)
      await (isLeftover ? logs.deletePartition(topic, partition) : logs.setAside(topic, partition))
    }
    return topics
  }

  get clusterId(): string {
    return this.image.clusterId!
  }

  all(): Iterable<Topic> {
    return this.byName.values()
  }

  find(name: string): Topic | undefined {
    return this.byName.get(name)
  }

  findById(topicId: string): Topic | undefined {
    return this.byId.get(topicId)
  }

  /** What would stop this creation, checked without doing anything. */
  creationProblem(name: string, partitions: number, configs: TopicConfigs): Refusal | undefined {
    const nameProblem = topicNameProblem(name)
    if (nameProblem !== undefined) return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem)
    if (this.byName.has(name)) return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
    const twin = this.collision(name)
    if (twin !== undefined) {
      return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${twin}`)
    }
    if (partitions < 1 || partitions > MAX_PARTITIONS) {
      const bounds = `larger than 0 and at most ${MAX_PARTITIONS}`
      return refusal(ErrorCode.INVALID_PARTITIONS, `Number of partitions must be ${bounds}.`)
    }
    for (const [key, value] of Object.entries(configs)) {
      const problem = topicConfigProblem(key, value)
      if (problem !== undefined) return refusal(ErrorCode.INVALID_CONFIG, problem)
    }
    return undefined
  }

  /** Resolves when the topic can be used and would be there after a crash. */
  async create(name: string, partitions: number, configs: TopicConfigs): Promise<Topic | Refusal> {
    const underWay = this.creating.get(name)
    if (underWay !== undefined) {
      const other = await underWay
      return isRefusal(other) ? other : refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
    }
    const problem = this.creationProblem(name, partitions, configs)
    if (problem !== undefined) return problem
    const creation = this.createNow({ name, topicId: newTopicId(), partitions, configs })
    this.creating.set(name, creation)
    return await creation.finally(() => this.creating.delete(name))
  }

  /** The topic, created with the broker's defaults if it is missing and that is allowed. */
  async findOrCreate(name: string): Promise<Topic | Refusal> {
    const existing = this.byName.get(name)
    if (existing !== undefined) return existing
    const underWay = this.creating.get(name)
    return underWay ?? this.create(name, this.settings.values['num.partitions'], {})
  }

  async delete(topic: Topic): Promise<void> {
    this.byName.delete(topic.name)
    this.byId.delete(topic.topicId)
    try {
      await this.record({ type: 'TopicDeleted', topicId: topic.topicId })
    } finally {
      // Whether the record is on disk or will be with the next one: a topic of this name may follow.
      await this.deletePartitions(topic.name, 0, topic.partitions)
    }
  }

  async addPartitions(topic: Topic, partitions: number): Promise<Topic> {
    const { name, topicId, partitions: before } = topic
    try {
      const added = await this.openPartitions(name, before, partitions, topic.logs[0]!.config)
      await this.record({ type: 'PartitionsAdded', topicId, partitions })
      return this.publish({ ...topic, partitions, logs: [...topic.logs, ...added] })
    } catch (error) {
      await this.undo({ type: 'PartitionsAdded', topicId, partitions: before }, name, before, partitions)
      throw error
    }
  }

  /** `configs` must be free of problems. */
  async configure(topic: Topic, configs: TopicConfigs): Promise<void> {
    await this.record({ type: 'TopicConfigured', topicId: topic.topicId, configs })
    const config = logConfigOf(configs, this.settings.values)
    for (const log of topic.logs) log.config = config
    this.publish({ ...topic, configs })
  }

  /** Replaces what was set for this scope while running; topics follow where they say nothing themselves. */
  async configureBroker(scope: SettingScope, configs: SettingTexts): Promise<void> {
    await this.record({ type: 'BrokerConfigured', scope, configs })
    this.settings.change(scope, configs)
    for (const topic of this.byName.values()) {
      const config = logConfigOf(topic.configs, this.settings.values)
      for (const log of topic.logs) log.config = config
    }
  }

  get nextProducerId(): number {
    return this.image.nextProducerId
  }

  async reserveProducerIds(next: number): Promise<void> {
    await this.record({ type: 'ProducerIdsReserved', next })
  }

  private apply(record: MetadataRecord): void {
    this.image = evolveMetadata(this.image, record)
  }

  private record(record: MetadataRecord): Promise<void> {
    this.apply(record)
    return this.records.append([record])
  }

  private async createNow(record: TopicRecord): Promise<Topic> {
    const { name, topicId, partitions } = record
    try {
      const topic = await this.openLogs(record)
      await this.record({ type: 'TopicCreated', ...record })
      return this.publish(topic)
    } catch (error) {
      await this.undo({ type: 'TopicDeleted', topicId }, name, 0, partitions)
      throw error
    }
  }

  private async openLogs(record: TopicRecord): Promise<Topic> {
    const config = logConfigOf(record.configs, this.settings.values)
    return { ...record, logs: await this.openPartitions(record.name, 0, record.partitions, config) }
  }

  private openPartitions(name: string, from: number, to: number, config: LogConfig): Promise<PartitionLog[]> {
    return everyOne(from, to, (partition) => this.logs.openPartition(name, partition, config))
  }

  /** After a disk that refused: nobody was told of these partitions, and they can be asked for again. */
  private async undo(record: MetadataRecord, name: string, from: number, to: number): Promise<void> {
    await this.record(record).catch(() => {})
    await this.deletePartitions(name, from, to).catch(() => {})
  }

  private async deletePartitions(name: string, from: number, to: number): Promise<void> {
    await everyOne(from, to, (partition) => this.logs.deletePartition(name, partition))
  }

  private publish(topic: Topic): Topic {
    this.byName.set(topic.name, topic)
    this.byId.set(topic.topicId, topic)
    return topic
  }

  /** Kafka refuses `a.b` beside `a_b`, because its metrics cannot tell them apart. */
  private collision(name: string): string | undefined {
    const folded = name.replaceAll('.', '_')
    for (const existing of this.byName.keys()) if (existing.replaceAll('.', '_') === folded) return existing
    return undefined
  }
}

/** Rejects, if one does, once all of them have ended. */
async function everyOne<T>(from: number, to: number, work: (partition: number) => Promise<T>): Promise<T[]> {
  const working = Array.from({ length: to - from }, (_, i) => work(from + i))
  await Promise.allSettled(working)
  return Promise.all(working)
}

const refusal = (errorCode: ErrorCode, errorMessage: string): Refusal => ({ errorCode, errorMessage })
