import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, Kafka } from 'kafkajs'
import { topics as allTopics, type Topic } from '#libs/contracts'
import { counter, createLogger, fields, metrics } from '#libs/observability'
import type { TopicDeclarations } from './ensure-topics.ts'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { PartitionBatches, type PartitionBatchesOptions } from './partition-batches.ts'
import { TopicKeeper, type TopicState, type TopicStates } from './topic-keeper.ts'

/** As short as brokers allow by default: for so long the partitions of a killed process wait for its successor. */
const SESSION_TIMEOUT_MS = 6_000
const HEARTBEAT_MS = 1_500
/** A fetch is answered as soon as there is a record; this is how long it waits for one, and a stop for it. */
const LONG_POLL_MS = 500
/** Partitions whose batches may be under way at once; all of them share a transaction anyway. */
const CONCURRENCY = 64
/**
 * The client asks for partitions in the same order every time, so an answer must have room for all of them, or a
 * backlog of the first ones would starve the last.
 */
const MAX_PARTITION_BYTES = 256 * 1024
const MAX_FETCH_BYTES = CONCURRENCY * MAX_PARTITION_BYTES
const RESTART_MS = 500
/** An assigned consumer fetches all the time; one that has not for so long is cut off. */
const SILENCE_MS = 5_000
const STOP_PATIENCE_MS = 5_000
/** How soon it is noticed that a topic was deleted, came back as another or has grown. */
const LOOK_MS = 2_000

export interface GroupConsumerOptions extends KafkaOptions, PartitionBatchesOptions {
  readonly groupId: string
  readonly topics: readonly Topic[]
  /** Topics that it sees to beside its own; default: all. Whoever may do only what it must sees to its own only. */
  readonly keeps?: TopicDeclarations
}

/**
 * This process's membership in the service's consumer group.
 *
 * The client waits out an unreachable broker itself, and so keeps its place in the group; when it gives up for any
 * other reason it is replaced by a new one. Whatever happens, reading goes on from the last committed offset.
 *
 * Topics are looked at all the time, because the client is not to be trusted with that: while one of its topics is
 * missing it reads none of them, and when one was created anew it goes on at the offset of old. So it is replaced, too,
 * when a topic is gone, another, or has other partitions; a topic that was created anew is read from its beginning.
 */
export class GroupConsumer {
  readonly #log = createLogger('consumer')
  readonly #restarts = counter(metrics.messaging.consumerRestarts)
  readonly #kafka: Kafka
  readonly #stop = Promise.withResolvers<void>()
  #stopping = false
  #batches: PartitionBatches
  #lastSign: number | undefined
  #running: Promise<void> | undefined
  readonly #keeper: TopicKeeper
  /** As last read from, to know a topic that was created anew; a topic that is gone stays. */
  readonly #ids = new Map<string, string>()

  constructor(private readonly options: GroupConsumerOptions) {
    this.#kafka = kafkaClient(options, 'forever')
    this.#batches = new PartitionBatches(options)
    const own = Object.fromEntries(options.topics.map((topic) => [topic, allTopics[topic]]))
    this.#keeper = new TopicKeeper(kafkaClient(options, 'briefly'), options, {
      ...own,
      ...(options.keeps ?? allTopics),
    })
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#running = this.#keepConsuming()
  }

  /** Resolves when the batches under way are done and their offsets committed, or that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#stop.resolve()
    await Promise.race([this.#running, delay(STOP_PATIENCE_MS, undefined, { ref: false })])
  }

  /** Rejects, saying why, when this process does not consume, or not everything. */
  async check(): Promise<void> {
    if (this.#lastSign === undefined) throw new Error('has not joined its consumer group yet')
    if (this.#keeper.problems.length > 0) throw new Error(this.#keeper.problems.join('; '))
    const silence = Date.now() - this.#lastSign
    if (this.#batches.underWay === 0 && silence > SILENCE_MS)
      throw new Error(`no answer from the broker for ${Math.round(silence / 1_000)} s`)
  }

  async #keepConsuming(): Promise<void> {
    this.#log.info('connecting', { brokers: this.options.brokers.join(), topics: this.options.topics.join() })
    while (!this.#stopping) {
      try {
        const found = await this.#topics()
        if (found !== undefined) await this.#consume(found)
      } catch (error) {
        this.#log.warn('consumer is replaced', { [fields.error]: error })
        this.#restarts.inc()
        await this.#pause(RESTART_MS)
      }
    }
    this.#keeper.close()
  }

  /** Those of our topics that are there, once there are any and the broker can be asked; undefined after a stop. */
  async #topics(): Promise<TopicStates | undefined> {
    while (!this.#stopping) {
      try {
        const found = ofOurs(await this.#keeper.look(), this.options.topics)
        if (found.size > 0) return found
      } catch (error) {
        this.#log.debug('topics cannot be looked at', { [fields.error]: error })
      }
      await this.#pause(RESTART_MS)
    }
    return undefined
  }

  /** Resolves after a stop or a change of the topics; rejects with what made the client give up. */
  async #consume(topics: TopicStates): Promise<void> {
    const consumer = this.#kafka.consumer({
      groupId: this.options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: LONG_POLL_MS,
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      maxBytes: MAX_FETCH_BYTES,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { restartOnFailure: async () => false },
    })
    const committer = new OffsetCommitter((offsets) => consumer.commitOffsets(offsets))
    this.#batches = new PartitionBatches(this.options)
    const crash = this.#watch(consumer, committer)
    const over = new AbortController()
    const changed = this.#untilTopicsChange(topics, over.signal)
    try {
      await Promise.race([this.#join(consumer, committer, topics), crash, changed, this.#stop.promise])
      const others = await Promise.race([crash, changed, this.#stop.promise])
      for (const topic of others ?? []) committer.forget(topic)
    } finally {
      over.abort()
      await this.#batches.drain()
      this.#batches.keepOnly({})
      await committer.flush()
      // A client that waits for a topic that is gone does not stop before it is there.
      await Promise.race([consumer.disconnect(), delay(STOP_PATIENCE_MS, undefined, { ref: false })])
    }
  }

  async #join(consumer: Consumer, committer: OffsetCommitter, topics: TopicStates): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENCY,
      eachBatch: (payload) => this.#batches.handle(payload, (next) => committer.note(next)),
    })
    this.#readNewTopicsFromTheirBeginning(consumer, topics)
  }

  /** What was committed to a topic of that name says nothing about this one; what was handled before is recognised. */
  #readNewTopicsFromTheirBeginning(consumer: Consumer, topics: TopicStates): void {
    for (const [topic, { id, partitions }] of topics) {
      const before = this.#ids.get(topic)
      this.#ids.set(topic, id)
      if (before === undefined || before === id) continue
      this.#log.warn('topic was deleted and created anew; it is read from its beginning', { [fields.topic]: topic })
      for (let partition = 0; partition < partitions; partition++) consumer.seek({ topic, partition, offset: '0' })
    }
  }

  /** Resolves with the topics that are another than before, have other partitions, are gone or there again. */
  async #untilTopicsChange(before: TopicStates, over: AbortSignal): Promise<string[]> {
    while (!over.aborted) {
      await delay(LOOK_MS, undefined, { signal: over, ref: false }).catch(() => {})
      if (over.aborted) break
      try {
        const now = ofOurs(await this.#keeper.look(), this.options.topics)
        const others = this.options.topics.filter((topic) => !isSame(before.get(topic), now.get(topic)))
        if (others.length > 0) {
          this.#log.warn('topics have changed, the group is joined again', { topics: others.join() })
          return others
        }
      } catch (error) {
        this.#log.debug('topics cannot be looked at', { [fields.error]: error })
      }
    }
    return []
  }

  #pause(ms: number): Promise<void> {
    return Promise.race([delay(ms), this.#stop.promise])
  }

  /** Follows what happens to the membership; rejects when the client has given up. */
  #watch(consumer: Consumer, committer: OffsetCommitter): Promise<never> {
    const { GROUP_JOIN, FETCH, CRASH } = consumer.events
    const seen = () => {
      this.#lastSign = Date.now()
    }
    consumer.on(FETCH, seen)
    consumer.on(GROUP_JOIN, ({ payload }) => {
      seen()
      committer.keepOnly(payload.memberAssignment)
      this.#batches.keepOnly(payload.memberAssignment)
      this.#log.info('joined the consumer group', { assignment: payload.memberAssignment })
    })
    const crash = new Promise<never>((_, reject) => {
      consumer.on(CRASH, ({ payload }) => reject(payload.error))
    })
    crash.catch(() => {})
    return crash
  }
}

const ofOurs = (states: TopicStates, ours: readonly string[]): TopicStates =>
  new Map([...states].filter(([topic]) => ours.includes(topic)))

const isSame = (a: TopicState | undefined, b: TopicState | undefined): boolean =>
  a?.id === b?.id && a?.partitions === b?.partitions
