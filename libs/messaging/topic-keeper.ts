import type { Kafka } from 'kafkajs'
import { topics as allTopics } from '#libs/contracts'
import { ErrorCode, metadata, ZERO_UUID } from '#libs/kafka-protocol'
import { createLogger, describeError, fields } from '#libs/observability'
import { ensureTopics, type TopicDeclarations, TopicsNotEnsured } from './ensure-topics.ts'
import type { KafkaOptions } from './kafka-client.ts'
import { Cluster } from './producer/cluster.ts'
import { defaultTiming } from './producer/timing.ts'

/** A topic as the cluster has it. Deleted and created anew, it has the name of old and another id. */
export interface TopicState {
  readonly id: string
  readonly partitions: number
}
export type TopicStates = ReadonlyMap<string, TopicState>

/** The first version with ids that names every topic's own error: Kafka 2.8 to today. */
const METADATA_VERSION = 10
const ANSWER_MS = 5_000

/**
 * Sees to it that the declared topics are there as they were declared, also after somebody deleted one or it came back
 * by a broker's auto-creation with the broker's number of partitions; and knows what could not be mended.
 */
export class TopicKeeper {
  readonly #log = createLogger('topics')
  readonly #cluster: Cluster
  /** Topic → what is wrong with it, and the cure. */
  #problems = new Map<string, string>()

  constructor(
    private readonly kafka: Kafka,
    private readonly options: KafkaOptions,
    private readonly declared: TopicDeclarations = allTopics,
  ) {
    this.#cluster = new Cluster(options, { ...defaultTiming, requestMs: ANSWER_MS })
  }

  /** What is wrong with which topic and what to do, as of the last look; empty when all is as declared. */
  get problems(): readonly string[] {
    return [...this.#problems.values()]
  }

  /** The declared topics that are there, after what could be mended was mended. Rejects when Kafka cannot be asked. */
  async look(): Promise<TopicStates> {
    const found = await this.#ask()
    if (this.#differing(found).length === 0) {
      this.#problems.clear()
      return found
    }
    const failures = await this.#mend(found)
    const now = await this.#ask()
    this.#problems = new Map(this.#differing(now).map((topic) => [topic, this.#problem(topic, now, failures)]))
    return now
  }

  close(): void {
    this.#cluster.close()
  }

  #differing(found: TopicStates): string[] {
    return Object.keys(this.declared).filter(
      (topic) => (found.get(topic)?.partitions ?? 0) < this.declared[topic]!.partitions,
    )
  }

  async #ask(): Promise<TopicStates> {
    const connection = await this.#cluster.anyConnection()
    const { topics } = await connection.request(metadata, METADATA_VERSION, {
      topics: Object.keys(this.declared).map((name) => ({ topicId: ZERO_UUID, name })),
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    return new Map(
      topics
        .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
        .map(({ name, topicId, partitions }) => [name!, { id: topicId, partitions: partitions.length }]),
    )
  }

  /** Answers what could not be mended: topic → why. */
  async #mend(found: TopicStates): Promise<ReadonlyMap<string, string>> {
    const missing = this.#differing(found).filter((topic) => !found.has(topic) && !this.#problems.has(topic))
    for (const topic of missing) this.#log.warn('topic is missing and is created', { [fields.topic]: topic })
    const admin = this.kafka.admin()
    try {
      await admin.connect()
      await ensureTopics(admin, this.options.brokers.length, this.declared)
      return new Map()
    } catch (error) {
      if (!(error instanceof TopicsNotEnsured)) throw error
      for (const [topic, why] of error.failures)
        if (!this.#problems.has(topic))
          this.#log.error('topic is not as declared and cannot be mended', {
            [fields.topic]: topic,
            [fields.error]: why,
          })
      return error.failures
    } finally {
      admin.disconnect().catch((error: unknown) => this.#log.debug(describeError(error)))
    }
  }

  #problem(topic: string, found: TopicStates, failures: ReadonlyMap<string, string>): string {
    const { partitions } = this.declared[topic]!
    const state = found.get(topic)
    const why = failures.get(topic) ?? 'it takes a moment'
    return state === undefined
      ? `topic ${topic} is missing and could not be created yet (${why}); create it with ${partitions} partitions`
      : `topic ${topic} has ${state.partitions} of ${partitions} partitions and could not grow yet (${why}); add the others`
  }
}
