import { BatchWriter, ErrorCode, produce } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import { Cluster } from './cluster.ts'
import { errorOf, TryAgain } from './errors.ts'
import { Identity } from './identity.ts'
import { type Batch, type PartitionQueue, queuesOf } from './partition-queue.ts'
import { defaultTiming, retrying, type Timing } from './timing.ts'

/** Not yet in the flexible format, and the first with the broker's own words about an error: Kafka 2.4 to today. */
const PRODUCE_VERSION = 8
const ALL_IN_SYNC_REPLICAS = -1
/** For the other replicas to follow; the broker answers before we lose patience. Milliseconds. */
const REPLICATION_MS = 20_000

export interface ProducerRecord {
  readonly topic: string
  readonly record: { readonly key: string; readonly value: string; readonly headers: Readonly<Record<string, string>> }
}

/**
 * An idempotent producer with `acks=all`. `send` must not be called before the last one has settled: then every batch
 * follows one that its partition has, and the sequence numbers go on.
 *
 *     records ──▶ a queue per partition ──▶ a batch of each ──▶ one request per leader, all at once
 *                                             ▲    those that failed go again, the same bytes
 *                                             └─── until the queues are empty
 *
 * When a send fails, it is open what its partitions have; so the next one begins with a new producer id.
 */
export class Producer {
  readonly #timing: Timing
  readonly #cluster: Cluster
  readonly #writer = new BatchWriter()
  #identity: Identity | undefined

  constructor(options: KafkaOptions, timing: Timing = defaultTiming) {
    this.#timing = timing
    this.#cluster = new Cluster(options, timing)
  }

  /**
   * Resolves when all in-sync replicas have every record, those of a key in the order given. Rejects after a few tries,
   * and then any of them may be there.
   */
  async send(records: readonly ProducerRecord[]): Promise<void> {
    if (records.length === 0) return
    const topics = new Set(records.map(({ topic }) => topic))
    const identity = await retrying(this.#timing, async () => {
      await this.#cluster.know(topics)
      this.#identity ??= await Identity.request(await this.#cluster.anyConnection())
      return this.#identity
    })
    const queues = queuesOf(records, (topic) => this.#cluster.partitionCount(topic))
    try {
      await this.#drain(queues, identity)
    } catch (error) {
      this.#identity = undefined
      throw error
    }
  }

  close(): void {
    this.#cluster.close()
  }

  async #drain(queues: readonly PartitionQueue[], identity: Identity): Promise<void> {
    for (let left = queues; left.length > 0; left = left.filter(({ isEmpty }) => !isEmpty)) {
      this.#writer.clear()
      await this.#deliver(left.map((queue) => queue.nextBatch(this.#writer, identity)))
    }
  }

  async #deliver(batches: readonly Batch[]): Promise<void> {
    const waiting = new Set(batches)
    await retrying(this.#timing, async () => {
      await this.#cluster.know(new Set([...waiting].map(({ topic }) => topic)))
      const failures = (await Promise.all(this.#sendToLeaders(waiting))).flat()
      if (failures.length === 0) return
      this.#cluster.doubt()
      throw failures.find((failure) => !(failure instanceof TryAgain)) ?? failures[0]!
    })
  }

  /** Takes out of `waiting` what was acknowledged; the promises resolve to what went wrong, none rejects. */
  #sendToLeaders(waiting: Set<Batch>): Promise<Error[]>[] {
    const byLeader = Map.groupBy(waiting, ({ topic, partition }) => this.#cluster.leaderOf(topic, partition))
    return [...byLeader].map(async ([leader, batches]) => {
      if (leader === undefined) return batches.map(({ name }) => errorOf(ErrorCode.LEADER_NOT_AVAILABLE, name))
      try {
        return await this.#produce(leader, batches, (batch) => waiting.delete(batch))
      } catch (error) {
        return [error as Error]
      }
    })
  }

  async #produce(leader: number, batches: readonly Batch[], acknowledged: (batch: Batch) => void): Promise<Error[]> {
    const connection = await this.#cluster.connectionTo(leader)
    const { responses } = await connection.request(produce, PRODUCE_VERSION, {
      acks: ALL_IN_SYNC_REPLICAS,
      timeoutMs: REPLICATION_MS,
      topicData: topicData(batches),
    })
    const answers = new Map<string, (typeof responses)[number]['partitionResponses'][number]>()
    for (const { name, partitionResponses } of responses)
      for (const answer of partitionResponses) answers.set(`${name}/${answer.index}`, answer)
    return batches.flatMap((batch) => {
      const answer = answers.get(batch.name)
      if (answer === undefined) return new TryAgain(`${batch.name}: nothing was said about it`)
      const { errorCode, errorMessage } = answer
      // A duplicate that is so old that its offset is forgotten is there nevertheless.
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.DUPLICATE_SEQUENCE_NUMBER)
        return errorOf(errorCode, batch.name, errorMessage)
      acknowledged(batch)
      return []
    })
  }
}

const topicData = (batches: readonly Batch[]) =>
  [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, ofTopic]) => ({
    name,
    partitionData: ofTopic.map(({ partition, bytes }) => ({ index: partition, records: [bytes] })),
  }))
