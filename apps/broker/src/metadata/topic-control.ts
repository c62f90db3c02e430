import { ErrorCode } from '#libs/kafka-protocol'
import { type TopicConfigs, topicConfigProblem } from '../config/topic-config.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import type { MetadataLog } from './metadata-log.ts'
import { newTopicId, type TopicRecord } from './metadata-records.ts'
import { isGranted, isRefusal, type Refusal, refusal } from './refusal.ts'
import { storageRefusal } from './storage-refusal.ts'
import type { TopicLogs } from './topic-logs.ts'
import { collisionKey, topicNameProblem } from './topic-name.ts'
import type { Topic, TopicEvent, Topics } from './topics.ts'

export const MAX_PARTITIONS = 10_000

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly configs: TopicConfigs
}

export interface TopicControlParts {
  readonly log: MetadataLog
  readonly topics: Topics
  readonly partitions: TopicLogs
}

/**
 * Creates, grows and deletes topics; one operation at a time, which is the controller's business. Creation makes the
 * partitions first and the record after them, deletion the other way round, so a crash in between leaves directories
 * nobody knows: they are removed at the next start.
 */
export class TopicControl {
  constructor(private readonly parts: TopicControlParts) {}

  /** What would stop this creation, checked without doing anything. `others` are to be created before it. */
  creationProblem({ name, partitions, configs }: NewTopic, others?: ReadonlyMap<string, string>): Refusal | undefined {
    const nameProblem = topicNameProblem(name)
    if (nameProblem !== undefined) return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem)
    const twin = this.parts.topics.nameLike(name) ?? others?.get(collisionKey(name))
    if (twin === name || isInternalTopic(name))
      return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
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

  /** The names must be free. What could be created can be used, and would be there after a crash. */
  async create(wanted: readonly NewTopic[]): Promise<(Topic | Refusal)[]> {
    const accepted = new Map<string, string>()
    const records = wanted.map((one): TopicRecord | Refusal => {
      const problem = this.creationProblem(one, accepted)
      if (problem !== undefined) return problem
      accepted.set(collisionKey(one.name), one.name)
      return { name: one.name, topicId: newTopicId(), partitions: one.partitions, configs: one.configs }
    })
    const opened = await this.parts.partitions.open(records.filter(isGranted))
    const made = [...opened.values()].filter(isGranted)
    const failure = made.length === 0 ? undefined : await this.record(made)
    if (failure === undefined) for (const topic of made) this.publish({ type: 'TopicCreated', topic })
    else for (const { name, partitions } of made) this.parts.partitions.takeBack(name, 0, partitions)
    return records.map((record) => (isRefusal(record) ? record : outcomeOf(opened.get(record.name)!, failure)))
  }

  /** `topic` as it is now, `partitions` more than it has. The name must be free. */
  async grow(topic: Topic, partitions: number): Promise<Refusal | undefined> {
    const { name, topicId, partitions: before } = topic
    try {
      const added = await this.parts.partitions.openMore(topic, partitions)
      const record = { type: 'PartitionsAdded', topicId } as const
      await this.parts.log.append([{ ...record, partitions }], [{ ...record, partitions: before }])
      const grown = { ...topic, partitions, logs: [...topic.logs, ...added] }
      this.publish({ type: 'PartitionsAdded', topic: grown, before })
      return undefined
    } catch (error) {
      this.parts.partitions.takeBack(name, before, partitions)
      return storageRefusal(error)
    }
  }

  /**
   * They are gone at once. What could not be written down will be with the next record: whoever is told of a failure
   * finds them gone as well. Their names are free when all that is left of them has been removed.
   */
  async delete(topics: readonly Topic[]): Promise<Refusal | undefined> {
    const { log, partitions, topics: known } = this.parts
    for (const topic of topics) known.remove(topic)
    try {
      await log.append(topics.map(({ topicId }) => ({ type: 'TopicDeleted', topicId })))
      return undefined
    } catch (error) {
      return storageRefusal(error)
    } finally {
      for (const topic of topics) partitions.clear(topic, known)
    }
  }

  private async record(made: readonly Topic[]): Promise<Refusal | undefined> {
    const created = made.map(({ logs: _, ...record }) => ({ type: 'TopicCreated', ...record }) as const)
    const deleted = made.map(({ topicId }) => ({ type: 'TopicDeleted', topicId }) as const)
    return this.parts.log.append(created, deleted).then(() => undefined, storageRefusal)
  }

  private publish(event: TopicEvent): void {
    this.parts.topics.put(event.topic)
    void this.parts.topics.notify(event)
  }
}

const outcomeOf = (opened: Topic | Refusal, failure: Refusal | undefined): Topic | Refusal =>
  isRefusal(opened) ? opened : (failure ?? opened)
