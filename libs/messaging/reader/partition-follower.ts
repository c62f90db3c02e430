import { setTimeout as delay } from 'node:timers/promises'
import type { Topic } from '#libs/contracts'
import { createLogger, fields, Outage } from '#libs/observability'
import type { KafkaOptions } from '../kafka-client.ts'
import type { TopicRecord } from './records-in.ts'
import { EARLIEST, LATEST, TopicReader } from './topic-reader.ts'

/** A fetch is answered as soon as there is a record; this is how long it waits for one. */
const LONG_POLL_MS = 2_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500

export interface PartitionFollowerOptions extends KafkaOptions {
  readonly topic: Topic
  /** Which partition to read, of so many. Asked once, and again only when the topic comes back without it. */
  readonly choose: (partitions: number) => number
  /** Must not throw. */
  readonly onRecord: (record: TopicRecord) => void
}

/**
 * Follows one partition from its end on, as of when it was found, without a consumer group: nothing is committed, nobody
 * takes the partition away, and no rebalance lets records pass unseen. Whatever happens to the connection or to the
 * leader, it goes on where it was; where that is not there any more, from the earliest record that is.
 */
export class PartitionFollower {
  readonly #log = createLogger('reader')
  readonly #outage: Outage
  readonly #reader: TopicReader
  readonly #stopping = new AbortController()
  #positioned = Promise.withResolvers<number>()
  #at: { readonly partition: number; readonly offset: number } | undefined
  #running: Promise<void> | undefined
  #failure: unknown = new Error('has not been positioned yet')

  constructor(private readonly options: PartitionFollowerOptions) {
    this.#outage = new Outage(this.#log, `partition of ${options.topic}`)
    this.#reader = new TopicReader(options)
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#running ??= this.#keepReading()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#reader.close()
    await this.#running
  }

  /** Resolves with the partition that is read, when it is certain that whatever is written to it from now on will be. */
  positioned(): Promise<number> {
    return this.#positioned.promise
  }

  /** Rejects, saying why, while nothing can be read. */
  async check(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
  }

  async #keepReading(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.#stopping.signal.aborted; ) {
      try {
        await this.#read()
        this.#failure = undefined
        this.#outage.over()
        pause = FIRST_PAUSE_MS
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#failure = error
        this.#outage.failed(error)
        await delay(pause, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  async #read(): Promise<void> {
    const { topic } = this.options
    const partitions = await this.#reader.partitionCount(topic)
    if (this.#at === undefined) await this.#begin(partitions, LATEST)
    else if (this.#at.partition >= partitions) {
      // A topic of the same name with fewer partitions: all that is in it is new.
      this.#positioned = Promise.withResolvers()
      await this.#begin(partitions, EARLIEST)
    }
    const { partition, offset } = this.#at!
    const [found] = await this.#reader.read([{ topic, partition, offset }], { waitMs: LONG_POLL_MS })
    if (found!.isOutOfRange) return this.#goOnFromTheEarliest(partition)
    for (const record of found!.records) this.options.onRecord(record)
    for (const { first, last, reason } of found!.unreadable)
      this.#log.error('records that nothing can be made of are skipped', {
        ...{ [fields.topic]: topic, [fields.partition]: partition, [fields.offset]: `${first} to ${last}` },
        [fields.error]: reason,
      })
    this.#at = { partition, offset: found!.next }
  }

  async #begin(partitions: number, where: typeof EARLIEST | typeof LATEST): Promise<void> {
    const partition = this.options.choose(partitions)
    this.#at = { partition, offset: await this.#offsetAt(partition, where) }
    this.#positioned.resolve(partition)
  }

  /** What was there was removed, or the topic is another one: everything that is in it is looked at. */
  async #goOnFromTheEarliest(partition: number): Promise<void> {
    const offset = await this.#offsetAt(partition, EARLIEST)
    this.#log.warn('goes on from the earliest record', { [fields.partition]: partition, [fields.offset]: `${offset}` })
    this.#at = { partition, offset }
  }

  async #offsetAt(partition: number, instant: number): Promise<number> {
    const [found] = await this.#reader.offsetsAt([{ topic: this.options.topic, partition }], instant)
    return found!.offset
  }
}
