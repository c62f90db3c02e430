import { BatchWriter, Compression, type CompressionName, ErrorCode, produce } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import { Cluster } from './cluster.ts'
import { errorOf, TryAgain } from './errors.ts'
import { Identity } from './identity.ts'
import { partitionOf } from './partition-of.ts'
import { type Batch, type PartitionQueue, type PlacedRecord, partitionName, queuesOf } from './partition-queue.ts'
import { defaultTiming, retrying, type Timing } from './timing.ts'

/** Not yet in the flexible format, and the first with the broker's own words about an error: Kafka 2.4 to today. */
const PRODUCE_VERSION = 8
const ALL_IN_SYNC_REPLICAS = -1
/** For the other replicas to follow; the broker answers before we lose patience. Milliseconds. */
const REPLICATION_MS = 20_000

export interface ProducerRecord {
  readonly topic: string
  readonly record: {
    readonly key: string
    readonly value: string | null
    readonly headers: Readonly<Record<string, string>>
  }
  /** Where it goes, whatever its key says. */
  readonly partition?: number | undefined
}

export interface ProducerOptions extends KafkaOptions {
  /** Of batches of two records and more. Default none. */
  readonly compression?: CompressionName
}

/** Called with the places, among the records of a `send`, of those that all in-sync replicas have. */
export type Acknowledged = (places: readonly number[]) => void

/**
 * An idempotent producer with `acks=all`. Two sends may overlap as long as no partition has records in both: then every
 * batch follows one that its partition has, and the sequence numbers go on.
 *
 *     records ──▶ a queue per partition ──▶ a batch of each ──▶ one request per leader, all at once
 *                                             ▲    those that failed go again, the same bytes
 *                                             └─── until the queues are empty, but for partitions that are away
 *
 * When a send fails, it is open what some partitions have; so the next one begins with a new producer id.
 */
export class Producer {
  readonly #timing: Timing
  readonly #cluster: Cluster
  readonly #codec: number
  /** Those that no send is using. */
  readonly #writers: BatchWriter[] = []
  #identity: Identity | undefined

  constructor(options: ProducerOptions, timing: Timing = defaultTiming) {
    this.#timing = timing
    this.#cluster = new Cluster(options, timing)
    this.#codec = Compression[options.compression ?? 'none']
  }

  /**
   * Resolves when all in-sync replicas have every record, those of a key in the order given. Rejects after a few tries,
   * and then any that were not `acknowledged` may be there or not; of one partition those are the last ones.
   */
  async send(records: readonly ProducerRecord[], acknowledged: Acknowledged = () => {}): Promise<void> {
    if (records.length === 0) return
    const placed = records.map((sent, place) => ({ ...sent, place }))
    const byTopic = Map.groupBy(placed, ({ topic }) => topic)
    const identity = await retrying(this.#timing, async () => {
      await this.#cluster.know(byTopic.keys())
      this.#identity ??= await Identity.request(await this.#cluster.anyConnection())
      return this.#identity
    })
    // A topic that is not there yet holds up nobody else's records.
    const missing = [...byTopic.keys()].filter((topic) => this.#cluster.problemWith(topic) !== undefined)
    const known = missing.length === 0 ? placed : placed.filter(({ topic }) => !missing.includes(topic))
    const outcomes = await Promise.all([
      this.#drain(known, identity, acknowledged),
      ...missing.map(async (topic) => {
        const problem = await this.#appears(topic)
        return problem ? [problem] : this.#drain(byTopic.get(topic)!, identity, acknowledged)
      }),
    ])
    const failures = outcomes.flat()
    if (failures.length === 0) return
    if (this.#identity === identity) this.#identity = undefined
    throw worst(failures)
  }

  /** Names the partition of a key, as far as topics are known at this moment. */
  partitioner(): (topic: string, key: string) => string {
    const counts = this.#cluster.partitionCounts()
    return (topic, key) => {
      const count = counts.get(topic)
      return count === undefined ? topic : partitionName(topic, partitionOf(key, count))
    }
  }

  close(): void {
    this.#cluster.close()
  }

  /** Asks for a topic until it is there; answers what is wrong with it at last. */
  async #appears(topic: string): Promise<Error | undefined> {
    try {
      await retrying(this.#timing, async () => {
        await this.#cluster.know([topic])
        const problem = this.#cluster.problemWith(topic)
        if (problem) throw problem
      })
      return undefined
    } catch (error) {
      return error as Error
    }
  }

  /** Answers what went wrong: each partition that fails is left at that, the others go on. */
  async #drain(records: readonly PlacedRecord[], identity: Identity, acknowledged: Acknowledged): Promise<Error[]> {
    const writer = this.#writers.pop() ?? new BatchWriter(this.#codec)
    const failures: Error[] = []
    let left = queuesOf(records, (topic) => this.#cluster.partitionCount(topic))
    while (left.length > 0) {
      writer.clear()
      const round = left.map((queue: PartitionQueue) => queue.nextBatch(writer, identity))
      const failed = await this.#deliver(round, acknowledged)
      failures.push(...failed.values())
      left = left.filter(({ isEmpty, name }) => !isEmpty && !failed.has(name))
    }
    this.#writers.push(writer)
    return failures
  }

  /** Answers the partitions that did not take their batch, and why. */
  async #deliver(batches: readonly Batch[], acknowledged: Acknowledged): Promise<ReadonlyMap<string, Error>> {
    const waiting = new Set(batches)
    const refused = new Map<string, Error>()
    let failures = new Map<Batch, Error>()
    try {
      await retrying(this.#timing, async () => {
        await this.#cluster.know(new Set([...waiting].map(({ topic }) => topic)))
        failures = new Map()
        await Promise.all(this.#sendToLeaders(waiting, failures, acknowledged))
        for (const [batch, failure] of failures) {
          if (failure instanceof TryAgain) continue
          refused.set(batch.name, failure)
          waiting.delete(batch)
        }
        if (waiting.size === 0) return
        this.#cluster.doubt()
        throw worst([...failures.values()].filter((failure) => failure instanceof TryAgain))
      })
    } catch (error) {
      for (const batch of waiting) refused.set(batch.name, failures.get(batch) ?? (error as Error))
    }
    return refused
  }

  /** Takes out of `waiting` what was acknowledged, and notes the other batches' failures; none of the promises rejects. */
  #sendToLeaders(waiting: Set<Batch>, failures: Map<Batch, Error>, acknowledged: Acknowledged): Promise<void>[] {
    const byLeader = Map.groupBy(waiting, ({ topic, partition }) => this.#cluster.leaderOf(topic, partition))
    return [...byLeader].map(async ([leader, batches]) => {
      try {
        if (leader !== undefined) return await this.#produce(leader, batches, waiting, failures, acknowledged)
        for (const batch of batches)
          failures.set(
            batch,
            this.#cluster.problemWith(batch.topic) ?? errorOf(ErrorCode.LEADER_NOT_AVAILABLE, batch.name),
          )
      } catch (error) {
        for (const batch of batches) failures.set(batch, error as Error)
      }
    })
  }

  async #produce(
    leader: number,
    batches: readonly Batch[],
    waiting: Set<Batch>,
    failures: Map<Batch, Error>,
    acknowledged: Acknowledged,
  ): Promise<void> {
    const connection = await this.#cluster.connectionTo(leader)
    const { responses } = await connection.request(produce, PRODUCE_VERSION, {
      acks: ALL_IN_SYNC_REPLICAS,
      timeoutMs: REPLICATION_MS,
      topicData: topicData(batches),
    })
    const answers = new Map<string, (typeof responses)[number]['partitionResponses'][number]>()
    for (const { name, partitionResponses } of responses)
      for (const answer of partitionResponses) answers.set(partitionName(name, answer.index), answer)
    const there: number[] = []
    for (const batch of batches) {
      const failure = failureOf(batch, answers.get(batch.name))
      if (failure !== undefined) failures.set(batch, failure)
      else {
        waiting.delete(batch)
        there.push(...batch.places)
      }
    }
    if (there.length > 0) acknowledged(there)
  }
}

export const failureOf = (
  { name }: Batch,
  answer: { readonly errorCode: number; readonly errorMessage: string | null } | undefined,
): Error | undefined => {
  if (answer === undefined) return new TryAgain(`${name}: nothing was said about it`)
  const { errorCode, errorMessage } = answer
  // A duplicate that is so old that its offset is forgotten is there nevertheless.
  if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return undefined
  return errorOf(errorCode, name, errorMessage)
}

/** What says most: what trying again is of no use against. */
export const worst = (failures: readonly Error[]): Error =>
  failures.find((failure) => !(failure instanceof TryAgain)) ?? failures[0]!

export const topicData = (batches: readonly Batch[]) =>
  [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, ofTopic]) => ({
    name,
    partitionData: ofTopic.map(({ partition, bytes }) => ({ index: partition, records: [bytes] })),
  }))
