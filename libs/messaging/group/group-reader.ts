import { setTimeout as delay } from 'node:timers/promises'
import { topics as allTopics, type Topic } from '#libs/contracts'
import { createLogger, describeError, fields, gauge, metrics, Outage } from '#libs/observability'
import type { TopicDeclarations } from '../ensure-topics.ts'
import { type KafkaOptions, kafkaClient } from '../kafka-client.ts'
import { Fenced, TryAgain } from '../producer/errors.ts'
import type { TopicRecord } from '../reader/records-in.ts'
import { EARLIEST, type ReadPartition, TopicReader } from '../reader/topic-reader.ts'
import { TopicKeeper } from '../topic-keeper.ts'
import { GroupMembership } from './group-membership.ts'
import { PartitionProgress } from './partition-progress.ts'

/** A fetch is answered as soon as there is a record; this is how long it waits for one, and a stop for it. */
const LONG_POLL_MS = 500
const LIMITS = { waitMs: LONG_POLL_MS, maxBytes: 1024 * 1024, partitionBytes: 256 * 1024 }
/** How soon it is noticed that the topic was deleted, came back as another or has grown. */
const LOOK_MS = 2_000
/** How much is handled again after a crash. */
const COMMIT_MS = 250
/** Who reads hears from the broker all the time; one that has not for so long is cut off. */
const SILENCE_MS = 5_000
const STOP_PATIENCE_MS = 5_000
/** Records that are handled at a time. */
const MOST_UNDER_WAY = 256
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [50, 500]
/** What `GroupConsumer` calls the same, so that both may be in a group while one takes the other's place. */
const OTHER_CLIENTS = ['RoundRobinAssigner']

export interface GroupReaderOptions extends KafkaOptions {
  readonly groupId: string
  readonly topic: Topic
  /**
   * Of this process in the group, and the same from start to start: one that was killed has its partitions back as soon
   * as it is there again, and the group does not wait until it is missed (KIP-345).
   */
  readonly instanceId: string
  /** Topics that it sees to beside its own; default: all. Whoever may do only what it must sees to its own only. */
  readonly keeps?: TopicDeclarations
  /** May be asked to handle a record twice. One that it rejects is handled, too: nobody could do it better. */
  readonly handle: (record: TopicRecord) => Promise<void>
}

/**
 * Reads one topic in a consumer group, for records that each stand by themselves: they are handled side by side, none waits
 * for another, and their order says nothing. A record counts as read when it and all before it are handled.
 */
export class GroupReader {
  readonly #log = createLogger('consumer')
  readonly #lag = gauge(metrics.messaging.lag)
  readonly #outage: Outage
  readonly #reader: TopicReader
  readonly #keeper: TopicKeeper
  readonly #membership: GroupMembership
  readonly #stopping = new AbortController()
  /** Of the partitions that are ours. */
  readonly #progress = new Map<number, PartitionProgress>()
  readonly #underWay = new Set<Promise<void>>()
  #topic: { readonly id: string; readonly partitions: number } | undefined
  /** The group's places are those of a topic of the same name that is gone. */
  #isAnew = false
  #lookAt = Number.NEGATIVE_INFINITY
  #commitAt = Number.NEGATIVE_INFINITY
  #committed = new Map<number, number>()
  #committing: Promise<void> = Promise.resolve()
  #running: Promise<void> | undefined
  #status: string | undefined = 'has not joined its consumer group yet'
  #lastSign = 0

  constructor(private readonly options: GroupReaderOptions) {
    const { topic, groupId, instanceId, keeps = allTopics } = options
    this.#outage = new Outage(this.#log, `group ${groupId}`)
    this.#reader = new TopicReader(options)
    this.#keeper = new TopicKeeper(kafkaClient(options, 'briefly'), options, { ...keeps, [topic]: allTopics[topic] })
    const { brokers, clientId, security } = options
    const kafka = { brokers, clientId, ...(security && { security }) }
    this.#membership = new GroupMembership({ ...kafka, groupId, topic, instanceId, alsoKnownAs: OTHER_CLIENTS })
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when what was taken up is handled and its place known, or that takes too long; others have the rest at once. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.race([this.#end(), delay(STOP_PATIENCE_MS, undefined, { ref: false })])
    await this.#membership.leave()
    this.#reader.close()
    this.#keeper.close()
  }

  /** Rejects, saying why, when this process reads nothing. */
  async check(): Promise<void> {
    if (this.#status !== undefined) throw new Error(this.#status)
    if (this.#keeper.problems.length > 0) throw new Error(this.#keeper.problems.join('; '))
    const silence = Date.now() - this.#lastSign
    if (this.#underWay.size === 0 && silence > SILENCE_MS)
      throw new Error(`no answer from the broker for ${Math.round(silence / 1_000)} s`)
  }

  async #end(): Promise<void> {
    await this.#running
    await Promise.all(this.#underWay)
    await this.#commit()
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#round()
        this.#outage.over()
        pause = FIRST_PAUSE_MS
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#status = describeError(error)
        if (error instanceof Fenced) return this.#log.error('stopped', { [fields.error]: error })
        this.#outage.failed(error)
        this.#membership.doubt()
        await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {})
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  async #round(): Promise<void> {
    this.#membership.check()
    await this.#lookAtTopic()
    if (this.#membership.mustJoin) await this.#join()
    for (const found of await this.#read()) await this.#takeUp(found)
    if (performance.now() >= this.#commitAt) void this.#commit()
  }

  /** One that was created anew, or has grown, is shared out anew. */
  async #lookAtTopic(): Promise<void> {
    if (performance.now() < this.#lookAt) return
    const { topic } = this.options
    const found = await this.#keeper.look().catch((error: unknown) => {
      if (this.#topic === undefined) throw error
      this.#log.debug('topics cannot be looked at', { [fields.error]: error })
    })
    this.#lookAt = performance.now() + LOOK_MS
    if (found === undefined) return
    const state = found.get(topic)
    if (state === undefined) throw new Error(`topic ${topic} is missing`)
    const before = this.#topic
    this.#topic = state
    if (before === undefined || (before.id === state.id && before.partitions === state.partitions)) return
    this.#log.warn('topics have changed, the group is joined again', { topics: topic })
    if (before.id !== state.id) this.#forgetPlaces()
    this.#membership.doubt()
  }

  #forgetPlaces(): void {
    this.#isAnew = true
    this.#progress.clear()
    this.#committed.clear()
  }

  async #join(): Promise<void> {
    await this.#commit()
    const { partitions } = await this.#membership.join([...this.#progress.keys()])
    const { topic } = this.options
    for (const partition of this.#progress.keys())
      if (!partitions.includes(partition)) {
        this.#progress.delete(partition)
        this.#committed.delete(partition)
        this.#lag.remove({ topic, partition: String(partition) })
      }
    const missing = partitions.filter((partition) => !this.#progress.has(partition))
    for (const [partition, offset] of await this.#places(missing))
      this.#progress.set(partition, new PartitionProgress(offset))
    this.#isAnew = false
    this.#status = undefined
    this.#lastSign = Date.now()
    this.#log.info('joined the consumer group', { assignment: { [topic]: partitions } })
  }

  /** Where to go on in these: at the first record that is not known to be handled. */
  async #places(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    if (partitions.length === 0) return new Map()
    const { topic } = this.options
    const wanted = partitions.map((partition) => ({ topic, partition }))
    const [committed, starts] = await Promise.all([
      this.#isAnew ? new Map<number, number>() : this.#membership.committed(partitions),
      this.#reader.offsetsAt(wanted, EARLIEST),
    ])
    return new Map(starts.map(({ partition, offset }) => [partition, Math.max(offset, committed.get(partition) ?? -1)]))
  }

  async #read(): Promise<readonly ReadPartition[]> {
    const { topic } = this.options
    const positions = Array.from(this.#progress, ([partition, { next }]) => ({ topic, partition, offset: next }))
    if (positions.length === 0) return this.#rest(LONG_POLL_MS)
    // An answer that is full leaves out those at the end: another one begins each time.
    positions.push(...positions.splice(0, Math.floor(Math.random() * positions.length)))
    try {
      const found = await this.#reader.read(positions, LIMITS)
      this.#lastSign = Date.now()
      return found
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error
      // Nothing is lost while only reading is in vain.
      this.#log.debug('nothing could be read', { [fields.error]: error })
      return this.#rest(FIRST_PAUSE_MS)
    }
  }

  async #rest(ms: number): Promise<[]> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
    return []
  }

  async #takeUp({ topic, partition, records, next, unreadable, end, isOutOfRange }: ReadPartition): Promise<void> {
    const progress = this.#progress.get(partition)
    if (progress === undefined) return
    if (isOutOfRange) {
      // Where the group was, nothing is any more.
      const [first] = await this.#reader.offsetsAt([{ topic, partition }], EARLIEST)
      this.#progress.set(partition, new PartitionProgress(first!.offset))
      return
    }
    for (const record of records) {
      if (!(await this.#hasRoom())) return
      this.#handle(record, progress.begin(record.offset))
    }
    for (const { first, last, reason } of unreadable)
      this.#log.error('records that nothing can be made of are skipped', {
        ...{ [fields.topic]: topic, [fields.partition]: partition, [fields.offset]: `${first} to ${last}` },
        [fields.error]: reason,
      })
    progress.next = next
    this.#lag.set({ topic, partition: String(partition) }, end - next)
  }

  /** Resolves when one more may be taken up; false when none is to be, for the partition may be another's in a moment. */
  async #hasRoom(): Promise<boolean> {
    while (this.#underWay.size >= MOST_UNDER_WAY) await Promise.race(this.#underWay)
    return !this.#stopping.signal.aborted && !this.#membership.mustJoin
  }

  #handle(record: TopicRecord, done: () => void): void {
    const { topic, partition, offset } = record
    const place = { [fields.topic]: topic, [fields.partition]: partition, [fields.offset]: `${offset}` }
    const handling = this.options
      .handle(record)
      .catch((error: unknown) => this.#log.error('record not handled', { ...place, [fields.error]: error }))
      .finally(() => {
        done()
        this.#underWay.delete(handling)
      })
    this.#underWay.add(handling)
  }

  /** Resolves when the broker knows how far we are. A failure is only logged: the next commit says it all again. */
  #commit(): Promise<void> {
    this.#commitAt = performance.now() + COMMIT_MS
    const places = Array.from(this.#progress, ([partition, { done }]) => [partition, done] as const)
    const news = new Map(places.filter(([partition, done]) => this.#committed.get(partition) !== done))
    this.#committing = this.#committing.then(async () => {
      if (news.size === 0) return
      try {
        await this.#membership.commit(news)
        for (const [partition, done] of news) this.#committed.set(partition, done)
      } catch (error) {
        this.#log.debug('offsets not committed', { [fields.error]: error })
      }
    })
    return this.#committing
  }
}
