import { BatchWriter, Compression, ErrorCode, produce } from '#libs/kafka-protocol'
import { Cluster } from './cluster.ts'
import { errorOf, TryAgain } from './errors.ts'
import { partitionOf } from './partition-of.ts'
import type { ProducerOptions } from './producer.ts'
import { StreamBatch } from './stream-batch.ts'
import { defaultTiming, retrying, type Timing } from './timing.ts'

const PRODUCE_VERSION = 8
const ANSWER_MS = 20_000

export interface StreamProducerOptions extends ProducerOptions {
  readonly topic: string
  /**
   * 1: acknowledged by the leader, and sent again until it is, so a record may be stored twice. 0: nobody answers, so
   * what a broker did not take is lost without a word.
   */
  readonly acks: 0 | 1
  /** A batch is sent when it is so large, uncompressed; default 32 KiB. */
  readonly batchBytes?: number
  /** … or when its first record has waited for so long; default 5 ms. */
  readonly lingerMs?: number
  /** Records that may wait or be on their way; default 100,000. */
  readonly maxWaiting?: number
}

/** A broker may be away for ten seconds or so before records are given up. */
const PATIENT: Timing = { ...defaultTiming, retriesMs: [50, 100, 200, 400, ...new Array(10).fill(1_000)] }

interface Lane {
  /** The last one is still open. */
  readonly batches: StreamBatch[]
  /** One request at a time, so that nothing overtakes. */
  underWay: boolean
}

/**
 * For very many small records of one topic, of which each alone matters little: batches that fill up, and no idempotence.
 * What must not be lost or doubled goes by `Producer`.
 *
 *     offer ──▶ the open batch of its partition ──(32 KiB or 5 ms)──▶ one request per leader ──▶ settled
 */
export class StreamProducer {
  readonly #cluster: Cluster
  readonly #codec: number
  readonly #writers: BatchWriter[] = []
  readonly #lanes: Lane[] = []
  readonly #batchBytes: number
  readonly #lingerMs: number
  readonly #maxWaiting: number
  #partitions = 0
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #flushing = false
  #room = Promise.withResolvers<void>()
  /** Records, since the start: with acks 0 `acknowledged` are those that left this process. */
  readonly counts = { acknowledged: 0, failed: 0, bytes: 0 }

  private constructor(
    private readonly options: StreamProducerOptions,
    private readonly timing: Timing,
  ) {
    this.#cluster = new Cluster(options, timing)
    this.#codec = Compression[options.compression ?? 'snappy']
    this.#batchBytes = options.batchBytes ?? 32 * 1024
    this.#lingerMs = options.lingerMs ?? 5
    this.#maxWaiting = options.maxWaiting ?? 100_000
  }

  /** Rejects soon when the topic is not there or no broker is. */
  static async open(options: StreamProducerOptions, timing: Timing = PATIENT): Promise<StreamProducer> {
    const producer = new StreamProducer(options, timing)
    try {
      await retrying(defaultTiming, () => producer.#know())
    } catch (error) {
      producer.close()
      throw error
    }
    return producer
  }

  /** Records that may still be taken. */
  get room(): number {
    return Math.max(0, this.#maxWaiting - this.#waiting)
  }

  /** Takes a record; answers what settles with its batch, or nothing when there is no room. */
  offer(key: string, value: string): Promise<void> | undefined {
    if (this.#waiting >= this.#maxWaiting) return undefined
    const partition = partitionOf(key, this.#partitions)
    const lane = this.#laneOf(partition)
    let batch = lane.batches.at(-1)
    // A batch on its way, or given back, is closed.
    if (
      batch === undefined ||
      batch.bytes >= this.#batchBytes ||
      batch.tries > 0 ||
      (lane.underWay && lane.batches.length === 1)
    ) {
      batch = new StreamBatch(partition)
      lane.batches.push(batch)
    }
    batch.add(key, value)
    this.#waiting++
    if (batch.bytes >= this.#batchBytes) this.#lookSoon(0)
    else if (this.#timer === undefined) this.#lookSoon(this.#lingerMs)
    return batch.settled
  }

  /** Resolves when there is room again. */
  async untilRoom(): Promise<void> {
    while (this.room === 0) await this.#room.promise
  }

  /** Resolves when everything that was taken is settled, well or not. */
  async flush(): Promise<void> {
    this.#flushing = true
    this.#lookSoon(0)
    await Promise.allSettled(this.#lanes.flatMap(({ batches }) => batches.map(({ settled }) => settled)))
    this.#flushing = false
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#cluster.close()
  }

  #laneOf(partition: number): Lane {
    let lane = this.#lanes[partition]
    if (lane === undefined) {
      lane = { batches: [], underWay: false }
      this.#lanes[partition] = lane
    }
    return lane
  }

  async #know(): Promise<void> {
    const { topic } = this.options
    await this.#cluster.know([topic])
    const problem = this.#cluster.problemWith(topic)
    if (problem) throw problem
    this.#partitions = this.#cluster.partitionCount(topic)
  }

  #due = Number.POSITIVE_INFINITY
  #lookSoon(ms: number): void {
    const due = performance.now() + ms
    if (this.#timer !== undefined && this.#due <= due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#dispatch()
    }, ms)
  }

  /** Sends what is full or has waited; what is left is looked at again when it is due. */
  #dispatch(): void {
    const now = performance.now()
    const ready: StreamBatch[] = []
    let next = Number.POSITIVE_INFINITY
    for (const lane of this.#lanes) {
      if (lane === undefined || lane.underWay || lane.batches.length === 0) continue
      const batch = lane.batches[0]!
      const waitMs = this.#flushing || batch.bytes >= this.#batchBytes ? 0 : batch.openedAt + this.#lingerMs - now
      if (batch.tries > 0 || waitMs <= 0) {
        lane.underWay = true
        ready.push(batch)
      } else next = Math.min(next, waitMs)
    }
    if (ready.length > 0) void this.#deliver(ready)
    if (next !== Number.POSITIVE_INFINITY) this.#lookSoon(next)
  }

  async #deliver(batches: readonly StreamBatch[]): Promise<void> {
    try {
      await this.#know()
    } catch (error) {
      for (const batch of batches) this.#failed(batch, error as Error)
      return
    }
    const byLeader = Map.groupBy(batches, ({ partition }) => this.#cluster.leaderOf(this.options.topic, partition))
    await Promise.all([...byLeader].map(([leader, ofLeader]) => this.#send(leader, ofLeader)))
  }

  async #send(leader: number | undefined, batches: readonly StreamBatch[]): Promise<void> {
    const writer = this.#writers.pop() ?? new BatchWriter(this.#codec)
    const { topic, acks } = this.options
    try {
      if (leader === undefined) throw errorOf(ErrorCode.LEADER_NOT_AVAILABLE, topic)
      const connection = await this.#cluster.connectionTo(leader)
      writer.clear()
      const partitionData = batches.map((batch) => ({ index: batch.partition, records: [batch.encode(writer)] }))
      const bytes = partitionData.reduce((sum, { records }) => sum + records[0]!.length, 0)
      const request = { acks, timeoutMs: ANSWER_MS, topicData: [{ name: topic, partitionData }] }
      const errors = new Map<number, Error>()
      if (acks === 0) await connection.post(produce, PRODUCE_VERSION, request)
      else
        for (const { partitionResponses } of (await connection.request(produce, PRODUCE_VERSION, request)).responses)
          for (const { index, errorCode, errorMessage } of partitionResponses)
            if (errorCode !== ErrorCode.NONE) errors.set(index, errorOf(errorCode, `${topic}/${index}`, errorMessage))
      this.counts.bytes += bytes
      for (const batch of batches) {
        const error = errors.get(batch.partition)
        if (error === undefined) this.#done(batch)
        else this.#failed(batch, error)
      }
    } catch (error) {
      for (const batch of batches) this.#failed(batch, error as Error)
    } finally {
      this.#writers.push(writer)
    }
  }

  #done(batch: StreamBatch): void {
    this.counts.acknowledged += batch.count
    this.#leave(batch)
    batch.succeed()
  }

  #failed(batch: StreamBatch, error: Error): void {
    this.#cluster.doubt()
    const delayMs = this.timing.retriesMs[batch.tries]
    if (error instanceof TryAgain && delayMs !== undefined) {
      batch.tries++
      setTimeout(() => {
        this.#laneOf(batch.partition).underWay = false
        this.#lookSoon(0)
      }, delayMs)
      return
    }
    this.counts.failed += batch.count
    this.#leave(batch)
    batch.fail(error)
  }

  #leave(batch: StreamBatch): void {
    const lane = this.#laneOf(batch.partition)
    lane.batches.shift()
    lane.underWay = false
    this.#waiting -= batch.count
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    if (lane.batches.length > 0) this.#lookSoon(0)
  }
}
