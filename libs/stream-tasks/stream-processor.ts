import { setTimeout as delay } from 'node:timers/promises'
import {
  Fenced,
  GroupMembership,
  type KafkaOptions,
  type ProducerOptions,
  type ReadPartition,
  TopicReader,
  TransactionalProducer,
  TryAgain,
} from '#libs/messaging'
import { createLogger, describeError, fields } from '#libs/observability'
import { AtLeastOnce, type Committer, type Guarantee } from './guarantee.ts'
import { PlaceInGroup, type Restored } from './place-in-group.ts'
import { RunningTasks } from './running-tasks.ts'
import { StandbyTasks } from './standby-tasks.ts'
import { StateLimitExceeded, type Topology } from './topology.ts'

export interface StreamProcessorOptions extends KafkaOptions {
  readonly topology: Topology
  /** Of this process, and the same from start to start: it fences its predecessor, and has its partitions back. */
  readonly instanceId: string
  /** Of all tasks of the process together. */
  readonly maxEntries: number
  readonly compression?: ProducerOptions['compression']
  /** Default `exactly_once`. */
  readonly guarantee?: Guarantee
  /** How many other processes keep a copy of the state of each task; the same in all of them. Default 0. */
  readonly standbys?: number
  /** Called after each commit. */
  readonly onCommit?: (commit: { readonly records: number; readonly ms: number; readonly entries: number }) => void
  /** Called when tasks have their state: what was read for it now, and what copies of them had read before. */
  readonly onRestore?: (restored: Restored) => void
}

/** Results come at most so often; a busy process takes longer for each commit, and commits more. Milliseconds. */
const COMMIT_MS = 25
const LONGEST_COMMIT_MS = 500
/** At rest one question to each broker in this time. */
const REST_MS = 500
/** How soon it is noticed that the source has grown. Milliseconds. */
const LOOK_MS = 2_000
const MAX_BYTES = 2 * 1024 * 1024
const PARTITION_BYTES = 256 * 1024
/** Ours are over in milliseconds. That of a dead one is ended by whoever takes over, or else when this is over and it is noticed. */
const TRANSACTION_TIMEOUT_MS = 6_000
/** For what is under way to be committed. */
const STOP_MS = 3_000
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [50, 2_000]

const log = createLogger('streams')

/**
 * Runs a topology, exactly once: the outputs of the tasks, the changes of their state and how far they have read are
 * committed in one transaction of Kafka.
 *
 *     fetch ──▶ tasks ──▶ outputs ┐
 *       ▲                changelog├─▶ one transaction ──▶ …       the next records are fetched and processed meanwhile
 *       │                offsets  ┘
 *       └── whatever fails: forget everything, and go on from what is committed
 *
 * There is no other way of recovery. A process that lost its partitions without knowing it cannot commit (its
 * generation is over), and one that was replaced cannot either (its epoch is).
 */
export class StreamProcessor {
  readonly #reader: TopicReader
  readonly #producer: Committer
  readonly #membership: GroupMembership
  readonly #standbys: StandbyTasks | undefined
  readonly #tasks: RunningTasks
  readonly #place: PlaceInGroup
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #partitions = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #committing: Promise<void> = Promise.resolve()
  #failure: unknown
  #pace = COMMIT_MS
  #status: string | undefined = 'not started'

  constructor(private readonly options: StreamProcessorOptions) {
    const { topology, instanceId, brokers, clientId, standbys = 0 } = options
    const kafka = { brokers, clientId }
    this.#tasks = new RunningTasks(topology)
    const room = () => options.maxEntries - this.#tasks.entries
    this.#standbys = standbys > 0 ? new StandbyTasks({ ...kafka, topology, room }) : undefined
    this.#reader = new TopicReader({ ...kafka, readCommitted: true })
    const group = { groupId: topology.name, topic: topology.source, instanceId, standbys }
    this.#membership = new GroupMembership({ ...kafka, ...group })
    const producing = { ...kafka, ...(options.compression && { compression: options.compression }) }
    const isTransactional = options.guarantee !== 'at_least_once'
    this.#producer = isTransactional
      ? this.#producerOf(instanceId, producing)
      : new AtLeastOnce(producing, this.#membership)
    this.#place = new PlaceInGroup({
      ...{ kafka, topology, instanceId, membership: this.#membership },
      ...{ reader: this.#reader, tasks: this.#tasks, standbys: this.#standbys },
      fence: isTransactional ? (departed) => this.#fence(departed, kafka) : undefined,
    })
  }

  /** The partitions that it works on now. */
  get partitions(): readonly number[] {
    return this.#tasks.partitions
  }

  /** Those of which it keeps a copy of the state. */
  get standbyPartitions(): readonly number[] {
    return this.#standbys?.partitions ?? []
  }

  start(): void {
    this.#running ??= this.#run()
    this.#standbys?.start()
  }

  /** What is processed is committed, and the partitions are given to others. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    // Who waits for others, to be shared out or for a transaction to end, is not waited for.
    const settled = () => Promise.race([this.#running, delay(STOP_MS, undefined, { ref: false })])
    await settled()
    await this.#membership.leave()
    this.#producer.close()
    this.#reader.close()
    await this.#standbys?.stop()
    await settled()
  }

  #producerOf(instanceId: string, options: ProducerOptions): TransactionalProducer {
    const transactionalId = `${this.options.topology.name}-${instanceId}`
    return new TransactionalProducer({ ...options, transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS })
  }

  /** Whoever starts with its id ends what it has open. Should it not be dead after all, it goes on from what is committed. */
  async #fence(instanceId: string, kafka: KafkaOptions): Promise<void> {
    const producer = this.#producerOf(instanceId, kafka)
    try {
      await producer.start()
    } finally {
      producer.close()
    }
  }

  /** Throws while nothing is processed, with the reason. */
  check(): void {
    if (this.#status !== undefined) throw new Error(this.#status)
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#work(() => (pause = FIRST_PAUSE_MS))
      } catch (error) {
        this.#status = describeError(error)
        this.#forget()
        if (error instanceof StateLimitExceeded || (error instanceof Fenced && this.#isReplaced())) {
          log.error('stopped', { [fields.error]: error })
          return
        }
        log.warn('going on from what is committed', { [fields.error]: error })
        await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {})
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  #isReplaced(): boolean {
    try {
      this.#membership.check()
      return false
    } catch {
      return true
    }
  }

  #forget(): void {
    this.#tasks.clear()
    this.#failure = undefined
    this.#membership.doubt()
  }

  async #work(succeeded: () => void): Promise<void> {
    await this.#committing
    this.#failure = undefined
    await this.#producer.start()
    let due = 0
    while (!this.#stopping.signal.aborted) {
      this.#membership.check()
      if (this.#failure !== undefined) throw this.#failure
      await this.#lookForMore()
      if (this.#membership.mustJoin) {
        await this.#commit()
        await this.#rebalance()
        succeeded()
      }
      for (const read of await this.#fetch(this.#tasks.hasChanges ? Math.max(1, due - performance.now()) : REST_MS)) {
        await this.#tasks.process(read)
        if (this.#tasks.isFull) await this.#beginCommit()
      }
      if (!this.#tasks.hasChanges || performance.now() < due) continue
      await this.#beginCommit()
      due = performance.now() + this.#pace
    }
    await this.#commit()
  }

  /** Partitions that were added are nobody's until the group is shared out anew. */
  async #lookForMore(): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_MS) return
    this.#lookedAt = performance.now()
    const partitions = await this.#reader.partitionCount(this.options.topology.source)
    if (this.#partitions > 0 && partitions !== this.#partitions) this.#membership.doubt()
    this.#partitions = partitions
  }

  async #commit(): Promise<void> {
    await this.#beginCommit()
    await this.#committing
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when the transaction before is over, and this one on its way. */
  async #beginCommit(): Promise<void> {
    await this.#committing
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#tasks.hasChanges) return
    const begun = performance.now()
    const { outputs, positions, records } = await this.#tasks.takeChanges()
    const { entries } = this.#tasks
    const { topology, maxEntries } = this.options
    if (entries > maxEntries) throw new StateLimitExceeded(topology.name, entries, maxEntries)
    this.#committing = this.#producer.commit(outputs, { ...this.#place.member, positions }).then(
      () => {
        const ms = performance.now() - begun
        this.#pace = Math.min(Math.max(COMMIT_MS, 2 * ms), LONGEST_COMMIT_MS)
        this.options.onCommit?.({ records, ms, entries })
      },
      (error: unknown) => {
        this.#failure = error
      },
    )
  }

  async #fetch(waitMs: number): Promise<readonly ReadPartition[]> {
    const { positions } = this.#tasks
    if (positions.length === 0) return delay(waitMs, [])
    // An answer that is full leaves out those at the end: another one begins each time.
    positions.push(...positions.splice(0, Math.floor(Math.random() * positions.length)))
    const limits = {
      waitMs: Math.ceil(waitMs),
      maxBytes: MAX_BYTES,
      partitionBytes: PARTITION_BYTES,
    }
    try {
      return await this.#reader.read(positions, limits)
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error
      // Nothing is lost while only reading is in vain.
      log.debug('nothing could be read', { [fields.error]: error })
      return delay(FIRST_PAUSE_MS, [])
    }
  }

  async #rebalance(): Promise<void> {
    this.#status = 'the group is being shared out'
    const restored = await this.#place.take()
    this.#status = undefined
    if (restored !== undefined) this.options.onRestore?.(restored)
  }
}
