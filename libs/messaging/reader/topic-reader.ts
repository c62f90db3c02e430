import { ErrorCode, fetch, listOffsets } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { Cluster } from '../producer/cluster.ts'
import { errorOf, TryAgain } from '../producer/errors.ts'
import { recordsIn, type TopicRecord } from './records-in.ts'

/** Where one reads on. */
export interface ReadPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface ReadPartition extends ReadPosition {
  readonly records: readonly TopicRecord[]
  /** Where to read on. */
  readonly next: number
  /** The offset that the partition's next record gets. */
  readonly end: number
  /** Nothing is at this offset: it lies before the first record that is kept, or behind the end. */
  readonly isOutOfRange: boolean
}

export const EARLIEST = -2
export const LATEST = -1

/** With headers, with rack, not yet in the flexible format: Kafka 2.3 to today speak it. */
const FETCH_VERSION = 11
const LIST_OFFSETS_VERSION = 1
const CONSUMER = -1
const TIMING = { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 10_000 }
const DEFAULTS = { waitMs: 0, maxBytes: 1024 * 1024, partitionBytes: 256 * 1024 }

/**
 * Reads topics without a group, from whichever offset it is told: it commits nothing and nobody waits for it. One
 * connection to each broker that leads something. Rejects with `TryAgain` while brokers are away or change their roles,
 * with `Refused` when a topic is not there.
 */
export class TopicReader {
  readonly #cluster: Cluster

  constructor(options: KafkaOptions) {
    this.#cluster = new Cluster(options, TIMING)
  }

  /** How many partitions each of these topics has; those that are not there are left out. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#cluster.know(topics)
    const counts = this.#cluster.partitionCounts()
    return new Map(topics.flatMap((topic) => (counts.has(topic) ? [[topic, counts.get(topic)!] as const] : [])))
  }

  /**
   * The first offset of each partition at or behind an instant (ms since 1970), `EARLIEST` or `LATEST`. Without a record
   * that young it is -1.
   */
  async offsetsAt(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    instant: number,
  ): Promise<ReadPosition[]> {
    const answers = await this.#perLeader(partitions, async (connection, mine) => {
      const topics = byTopic(mine).map(([name, of]) => ({
        name,
        partitions: of.map(({ partition }) => ({ partitionIndex: partition, timestamp: instant })),
      }))
      const answer = await connection.request(listOffsets, LIST_OFFSETS_VERSION, { replicaId: CONSUMER, topics })
      return answer.topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, offset }) => {
          this.#check(errorCode, topic, partition)
          return { topic, partition, offset }
        }),
      )
    })
    return answers
  }

  /** What lies at these positions, each topic and partition once; waits up to `waitMs` for the first record. */
  read(positions: readonly ReadPosition[], options: Partial<typeof DEFAULTS> = {}): Promise<ReadPartition[]> {
    const { waitMs, maxBytes, partitionBytes } = { ...DEFAULTS, ...options }
    return this.#perLeader(positions, async (connection, mine) => {
      const topics = byTopic(mine).map(([topic, of]) => ({
        topic,
        partitions: of.map(({ partition, offset }) => ({
          partition,
          fetchOffset: offset,
          partitionMaxBytes: partitionBytes,
        })),
      }))
      const limits = { replicaId: CONSUMER, maxWaitMs: waitMs, minBytes: 1, maxBytes }
      const answer = await connection.request(fetch, FETCH_VERSION, { ...limits, topics, forgottenTopicsData: [] })
      const asked = new Map(mine.map((position) => [`${position.topic}/${position.partition}`, position]))
      return answer.responses.flatMap(({ topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, highWatermark: end, records }) => {
          const position = asked.get(`${topic}/${partition}`)!
          const isOutOfRange = errorCode === ErrorCode.OFFSET_OUT_OF_RANGE
          if (!isOutOfRange) this.#check(errorCode, topic, partition)
          const found = isOutOfRange || records === null ? nothing(position) : recordsIn(records, position)
          return { ...position, ...found, end, isOutOfRange }
        }),
      )
    })
  }

  close(): void {
    this.#cluster.close()
  }

  /** What is known of leaders is asked for again when one of them says that it is none. */
  #check(errorCode: number, topic: string, partition: number): void {
    if (errorCode === ErrorCode.NONE) return
    this.#cluster.doubt()
    throw errorOf(errorCode, `partition ${partition} of ${topic}`)
  }

  async #perLeader<P extends { readonly topic: string; readonly partition: number }, A>(
    partitions: readonly P[],
    ask: (connection: BrokerConnection, mine: readonly P[]) => Promise<A[]>,
  ): Promise<A[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    try {
      await this.#cluster.know(topics)
      for (const topic of topics) {
        const problem = this.#cluster.problemWith(topic)
        if (problem !== undefined) throw problem
      }
      const leaders = Map.groupBy(partitions, ({ topic, partition }) => this.#leader(topic, partition))
      const answers = await Promise.all(
        Array.from(leaders, async ([leader, mine]) => ask(await this.#cluster.connectionTo(leader), mine)),
      )
      return answers.flat()
    } catch (error) {
      if (error instanceof TryAgain) this.#cluster.doubt()
      throw error
    }
  }

  #leader(topic: string, partition: number): number {
    const leader = this.#cluster.leaderOf(topic, partition)
    if (leader !== undefined) return leader
    throw new TryAgain(`partition ${partition} of ${topic} has no leader`)
  }
}

const nothing = ({ offset }: ReadPosition) => ({ records: [], next: offset })

const byTopic = <P extends { readonly topic: string }>(partitions: readonly P[]): [string, P[]][] => [
  ...Map.groupBy(partitions, ({ topic }) => topic),
]
