import { setTimeout as delay } from 'node:timers/promises'
import type { ReceivedRecord, Topic } from '#libs/contracts'
import { BATCH_OVERHEAD, batchLastOffset, ErrorCode, fetch, listOffsets, MalformedError } from '#libs/kafka-protocol'
import { createLogger, fields, Outage } from '#libs/observability'
import type { KafkaOptions } from './kafka-client.ts'
import { recordsIn } from './kafkajs/fetch-decoder.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf, TryAgain } from './producer/errors.ts'
import { defaultTiming } from './producer/timing.ts'

/** Not yet in the flexible format: Kafka 2.3 to today speak them. */
const FETCH_VERSION = 11
const LIST_OFFSETS_VERSION = 4
const LATEST = -1
const EARLIEST = -2
/** A fetch is answered as soon as there is a record; this is how long it waits for one. */
const LONG_POLL_MS = 2_000
const ANSWER_MS = 5_000
const MAX_BYTES = 1024 * 1024
const CONSUMER = -1
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500

export interface ReadRecord extends ReceivedRecord {
  readonly partition: number
  readonly offset: number
}

export interface PartitionReaderOptions extends KafkaOptions {
  readonly topic: Topic
  /** Which partition to read, of so many. Asked once, and again only when the topic comes back without it. */
  readonly choose: (partitions: number) => number
  /** Must not throw. */
  readonly onRecord: (record: ReadRecord) => void
}

/**
 * Reads one partition from its end on, as of when it was found, without a consumer group: nothing is committed, nobody
 * takes the partition away, and no rebalance lets records pass unseen. Whatever happens to the connection or to the
 * leader, it goes on where it was; where that is not there any more, from the earliest record that is.
 */
export class PartitionReader {
  readonly #log = createLogger('reader')
  readonly #outage: Outage
  readonly #cluster: Cluster
  readonly #stopping = new AbortController()
  #positioned = Promise.withResolvers<number>()
  #at: { readonly partition: number; readonly offset: number } | undefined
  #running: Promise<void> | undefined
  #failure: unknown = new Error('has not been positioned yet')

  constructor(private readonly options: PartitionReaderOptions) {
    this.#outage = new Outage(this.#log, `partition of ${options.topic}`)
    this.#cluster = new Cluster(options, { ...defaultTiming, requestMs: ANSWER_MS })
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#running ??= this.#keepReading()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cluster.close()
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
        this.#cluster.doubt()
        await delay(pause, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  async #read(): Promise<void> {
    const { topic, choose } = this.options
    await this.#cluster.know([topic])
    const problem = this.#cluster.problemWith(topic)
    if (problem !== undefined) throw problem
    const partitions = this.#cluster.partitionCount(topic)
    if (this.#at === undefined) {
      const partition = choose(partitions)
      this.#at = { partition, offset: await this.#offsetAt(partition, LATEST) }
      this.#positioned.resolve(partition)
    } else if (this.#at.partition >= partitions) {
      // A topic of the same name with fewer partitions: all that is in it is new.
      this.#positioned = Promise.withResolvers()
      const partition = choose(partitions)
      this.#at = { partition, offset: await this.#offsetAt(partition, EARLIEST) }
      this.#positioned.resolve(partition)
    }
    await this.#fetch(this.#at)
  }

  async #fetch({ partition, offset }: { partition: number; offset: number }): Promise<void> {
    const { topic } = this.options
    const connection = await this.#leaderOf(partition)
    const of = { partition, fetchOffset: offset, partitionMaxBytes: MAX_BYTES }
    const { responses } = await connection.request(fetch, FETCH_VERSION, {
      ...{ replicaId: CONSUMER, maxWaitMs: LONG_POLL_MS, minBytes: 1, maxBytes: MAX_BYTES },
      topics: [{ topic, partitions: [of] }],
      forgottenTopicsData: [],
    })
    const answer = responses[0]?.partitions[0]
    if (answer === undefined) throw new TryAgain(`nothing was said about ${topic}/${partition}`)
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#goOnFromTheEarliest(partition)
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer.errorCode, `${topic}/${partition}`)
    if (answer.records === null || answer.records.length < BATCH_OVERHEAD) return
    this.#take(partition, offset, answer.records, answer.highWatermark)
  }

  #take(partition: number, from: number, bytes: Buffer, end: number): void {
    // Also when there is nothing in it for us, as in the markers of a transaction.
    let next = Math.max(from, batchLastOffset(bytes, 0) + 1)
    try {
      for (const { offset: at, key, value, headers } of recordsIn(bytes)) {
        const offset = Number(at)
        // A batch is handed out whole, also when only its end was asked for.
        if (offset < from) continue
        this.options.onRecord({ partition, offset, key, value, headers })
        next = Math.max(next, offset + 1)
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#log.error('records that nothing can be made of are skipped', {
        ...{ [fields.topic]: this.options.topic, [fields.partition]: partition, [fields.offset]: String(next) },
        [fields.error]: error,
      })
      next = end
    }
    this.#at = { partition, offset: next }
  }

  /** What was there was removed, or the topic is another one: everything that is in it is looked at. */
  async #goOnFromTheEarliest(partition: number): Promise<void> {
    const offset = await this.#offsetAt(partition, EARLIEST)
    this.#log.warn('goes on from the earliest record', { [fields.partition]: partition, [fields.offset]: `${offset}` })
    this.#at = { partition, offset }
  }

  async #offsetAt(partition: number, timestamp: number): Promise<number> {
    const { topic } = this.options
    const connection = await this.#leaderOf(partition)
    const { topics } = await connection.request(listOffsets, LIST_OFFSETS_VERSION, {
      ...{ replicaId: CONSUMER, isolationLevel: 0 },
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
    })
    const answer = topics[0]?.partitions[0]
    if (answer === undefined) throw new TryAgain(`nothing was said about ${topic}/${partition}`)
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer.errorCode, `${topic}/${partition}`)
    return answer.offset
  }

  async #leaderOf(partition: number) {
    const node = this.#cluster.leaderOf(this.options.topic, partition)
    if (node === undefined) throw errorOf(ErrorCode.LEADER_NOT_AVAILABLE, `${this.options.topic}/${partition}`)
    return this.#cluster.connectionTo(node)
  }
}
