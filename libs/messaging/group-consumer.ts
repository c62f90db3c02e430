import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, Kafka } from 'kafkajs'
import type { Topic } from '#libs/contracts'
import { counter, createLogger, fields, metrics } from '#libs/observability'
import { ensureTopics } from './ensure-topics.ts'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { PartitionBatches, type PartitionBatchesOptions } from './partition-batches.ts'

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

export interface GroupConsumerOptions extends KafkaOptions, PartitionBatchesOptions {
  readonly groupId: string
  readonly topics: readonly Topic[]
}

/**
 * This process's membership in the service's consumer group.
 *
 * The client waits out an unreachable broker itself, and so keeps its place in the group; when it gives up for any
 * other reason it is replaced by a new one. Whatever happens, reading goes on from the last committed offset.
 */
export class GroupConsumer {
  readonly #log = createLogger('consumer')
  readonly #restarts = counter({ name: metrics.messaging.consumerRestarts, help: 'Times the consumer was replaced' })
  readonly #kafka: Kafka
  readonly #stop = Promise.withResolvers<void>()
  #stopping = false
  #batches: PartitionBatches
  #lastSign: number | undefined
  #running: Promise<void> | undefined

  constructor(private readonly options: GroupConsumerOptions) {
    this.#kafka = kafkaClient(options, 'forever')
    this.#batches = new PartitionBatches(options)
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

  /** Rejects, saying why, when this process does not consume. */
  async check(): Promise<void> {
    if (this.#lastSign === undefined) throw new Error('has not joined its consumer group yet')
    const silence = Date.now() - this.#lastSign
    if (this.#batches.underWay === 0 && silence > SILENCE_MS)
      throw new Error(`no answer from the broker for ${Math.round(silence / 1_000)} s`)
  }

  async #keepConsuming(): Promise<void> {
    this.#log.info('connecting', { brokers: this.options.brokers.join(), topics: this.options.topics.join() })
    while (!this.#stopping) {
      try {
        await this.#prepareTopics()
        await this.#consume()
      } catch (error) {
        this.#log.warn('consumer is replaced', { [fields.error]: error })
        this.#restarts.inc()
        await Promise.race([delay(RESTART_MS), this.#stop.promise])
      }
    }
  }

  async #prepareTopics(): Promise<void> {
    const admin = this.#kafka.admin()
    try {
      await Promise.race([admin.connect(), this.#stop.promise])
      if (!this.#stopping) await ensureTopics(admin, this.options.brokers.length)
    } finally {
      await admin.disconnect()
    }
  }

  /** Resolves after a stop; rejects with what made the client give up. */
  async #consume(): Promise<void> {
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
    try {
      await Promise.race([this.#join(consumer, committer), crash, this.#stop.promise])
      await Promise.race([crash, this.#stop.promise])
    } finally {
      await this.#batches.drain()
      await committer.flush()
      await consumer.disconnect()
    }
  }

  async #join(consumer: Consumer, committer: OffsetCommitter): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENCY,
      eachBatch: (payload) => this.#batches.handle(payload, (next) => committer.note(next)),
    })
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
      this.#log.info('joined the consumer group', { assignment: payload.memberAssignment })
    })
    const crash = new Promise<never>((_, reject) => {
      consumer.on(CRASH, ({ payload }) => reject(payload.error))
    })
    crash.catch(() => {})
    return crash
  }
}
