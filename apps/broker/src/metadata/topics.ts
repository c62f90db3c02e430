import { ErrorCode } from '#libs/kafka-protocol'
import type { LiveSettings } from '../config/live-settings.ts'
import { logConfigOf, type TopicConfigs, topicConfigProblem } from '../config/topic-config.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { newTopicId, type TopicRecord } from './metadata-log.ts'
import { foldedName } from './metadata-queue.ts'
import type { MetadataStore } from './metadata-store.ts'
import { isRefusal, noSuchTopic, type Refusal, refusal } from './refusal.ts'
import { topicNameProblem } from './topic-name.ts'

/** A topic that is ready: all its partitions are open and led by this broker. */
export interface Topic extends TopicRecord {
  readonly logs: readonly PartitionLog[]
}

/** What has become of a topic; of one that was deleted, what it was. */
export interface TopicChange {
  readonly type: 'created' | 'grown' | 'configured' | 'deleted'
  readonly topic: Topic
}
/** Nothing else happens to the topic, or to one of its name, before it resolves. */
export type TopicListener = (change: TopicChange) => Promise<void> | undefined

const MAX_PARTITIONS = 10_000

/**
 * The topics of this broker. Everything that changes them goes through the metadata queue and decides there, on what is
 * so at that moment.
 *
 * Creation makes the partitions first and the record after them, deletion the other way round, so a crash in between
 * leaves directories nobody knows: they are removed at the next start.
 */
export class Topics {
  private readonly byName = new Map<string, Topic>()
  private readonly byId = new Map<string, Topic>()
  private readonly listeners = new Set<TopicListener>()

  private constructor(
    private readonly store: MetadataStore,
    private readonly logs: LogManager,
    private readonly settings: LiveSettings,
  ) {}

  static async open(store: MetadataStore, logs: LogManager, settings: LiveSettings): Promise<Topics> {
    const topics = new Topics(store, logs, settings)
    for (const record of store.image.topics.values()) {
      topics.publish({ ...record, logs: await topics.partitions(record, 0, record.partitions, 'open') })
    }
    for (const { topic, partition } of logs.strays()) {
      // Records of a topic that was neither deleted nor created: its record was lost to a damage of the journal.
      const isLeftover = store.deleted.has(topic) || logs.isEmpty(topic, partition)
      await (isLeftover ? logs.deletePartition(topic, partition) : logs.setAside(topic, partition))
    }
    return topics
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

  /** Tells `listener` of every change from now on; the answer ends that. */
  subscribe(listener: TopicListener): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** What would stop this creation now, checked without doing anything. */
  creationProblem(name: string, partitions: number, configs: TopicConfigs): Refusal | undefined {
    const nameProblem = topicNameProblem(name)
    if (nameProblem !== undefined) return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem)
    if (this.byName.has(name) || isInternalTopic(name))
      return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
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
  create(name: string, partitions: number, configs: TopicConfigs): Promise<Topic | Refusal> {
    return this.change(
      name,
      async () =>
        this.creationProblem(name, partitions, configs) ??
        this.createNow({ name, topicId: newTopicId(), partitions, configs }),
    )
  }

  /** The topic, created with the broker's defaults if it is missing. */
  async findOrCreate(name: string): Promise<Topic | Refusal> {
    const existing = this.byName.get(name)
    if (existing !== undefined) return existing
    const created = await this.create(name, this.settings.values['num.partitions'], {})
    // Somebody else was faster.
    return isRefusal(created) ? (this.byName.get(name) ?? created) : created
  }

  /** A topic that is gone, or another one of its name by now, is refused. */
  delete({ name, topicId }: Pick<Topic, 'name' | 'topicId'>): Promise<Refusal | undefined> {
    return this.change(name, async () => {
      const topic = this.byId.get(topicId)
      if (topic === undefined) return noSuchTopic(name)
      this.byName.delete(name)
      this.byId.delete(topicId)
      try {
        await this.store.record({ type: 'TopicDeleted', topicId })
      } finally {
        // Whether the record is on disk or will be with the next one: a topic of this name may follow.
        await this.tell({ type: 'deleted', topic })
        await this.deletePartitions(name, 0, topic.partitions)
      }
      return undefined
    })
  }

  /** Has the topic have so many partitions, unless `problem` says why not. */
  grow(name: string, partitions: number, problem: (topic: Topic) => Refusal | undefined): Promise<Topic | Refusal> {
    return this.change(name, async () => {
      const topic = this.byName.get(name)
      if (topic === undefined) return noSuchTopic(name)
      return problem(topic) ?? this.growNow(topic, partitions)
    })
  }

  /** Gives the topic the settings that `change` makes of those it has, unless it says why not. */
  configure(name: string, change: (topic: Topic) => TopicConfigs | Refusal): Promise<Refusal | undefined> {
    return this.change(name, async () => {
      const topic = this.byName.get(name)
      if (topic === undefined) return noSuchTopic(name)
      const configs = change(topic)
      if (typeof configs.errorCode === 'number') return configs as Refusal
      await this.store.record({
        type: 'TopicConfigured',
        topicId: topic.topicId,
        configs: configs as TopicConfigs,
      })
      const configured = this.publish({ ...topic, configs: configs as TopicConfigs })
      this.applyConfig(configured)
      await this.tell({ type: 'configured', topic: configured })
      return undefined
    })
  }

  /** The broker's own settings have changed: topics follow where they say nothing themselves. */
  settingsChanged(): void {
    for (const topic of this.byName.values()) this.applyConfig(topic)
  }

  private change<T>(topic: string, operation: () => Promise<T>): Promise<T> {
    return this.store.queue.run({ topic }, operation)
  }

  private async createNow(record: TopicRecord): Promise<Topic> {
    const { name, topicId, partitions } = record
    try {
      const topic = { ...record, logs: await this.partitions(record, 0, partitions, 'create') }
      await this.store.record({ type: 'TopicCreated', ...record })
      this.publish(topic)
      await this.tell({ type: 'created', topic })
      return topic
    } catch (error) {
      await this.undo({ type: 'TopicDeleted', topicId }, name, 0, partitions)
      throw error
    }
  }

  private async growNow(topic: Topic, partitions: number): Promise<Topic> {
    const { name, topicId, partitions: before } = topic
    try {
      const added = await this.partitions(topic, before, partitions, 'create')
      await this.store.record({ type: 'PartitionsAdded', topicId, partitions })
      const grown = this.publish({ ...topic, partitions, logs: [...topic.logs, ...added] })
      await this.tell({ type: 'grown', topic: grown })
      return grown
    } catch (error) {
      await this.undo({ type: 'PartitionsAdded', topicId, partitions: before }, name, before, partitions)
      throw error
    }
  }

  private partitions(record: TopicRecord, from: number, to: number, how: 'open' | 'create'): Promise<PartitionLog[]> {
    const config: LogConfig = logConfigOf(record.configs, this.settings.values)
    return everyOne(from, to, (partition) =>
      how === 'open'
        ? this.logs.openPartition(record.name, partition, config)
        : this.logs.createPartition(record.name, partition, config),
    )
  }

  /** After a disk that refused: nobody was told of these partitions, and they can be asked for again. */
  private async undo(
    record: Parameters<MetadataStore['record']>[0],
    name: string,
    from: number,
    to: number,
  ): Promise<void> {
    await this.store.record(record).catch(() => {})
    await this.deletePartitions(name, from, to).catch(() => {})
  }

  private async deletePartitions(name: string, from: number, to: number): Promise<void> {
    await everyOne(from, to, (partition) => this.logs.deletePartition(name, partition))
  }

  private applyConfig({ configs, logs }: Topic): void {
    const config = logConfigOf(configs, this.settings.values)
    for (const log of logs) log.config = config
  }

  private publish(topic: Topic): Topic {
    this.byName.set(topic.name, topic)
    this.byId.set(topic.topicId, topic)
    return topic
  }

  private async tell(change: TopicChange): Promise<void> {
    for (const listener of this.listeners) await listener(change)
  }

  private collision(name: string): string | undefined {
    const folded = foldedName(name)
    for (const existing of this.byName.keys()) if (foldedName(existing) === folded) return existing
    return undefined
  }
}

/** Rejects, if one does, once all of them have ended. */
async function everyOne<T>(from: number, to: number, work: (partition: number) => Promise<T>): Promise<T[]> {
  const working = Array.from({ length: to - from }, (_, i) => work(from + i))
  await Promise.allSettled(working)
  return Promise.all(working)
}
