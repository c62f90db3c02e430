import { ErrorCode, fetch, listOffsets } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { Cluster } from '../producer/cluster.ts'
import { errorOf, TryAgain } from '../producer/errors.ts'
import { type RecordsIn, recordsIn } from './records-in.ts'

/** Where one reads on. */
export interface ReadPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface ReadPartition extends ReadPosition, Readonly<RecordsIn> {
  /** Behind the last record that this reader may see now. */
  readonly end: number
  /** Nothing is at this offset: it lies before the first record that is kept, or behind the end. */
  readonly isOutOfRange: boolean
}

export interface PartitionOffsets {
  readonly partition: number
  /** Of the first record that is still there. */
  readonly earliest: number
  /** Behind the last record that this reader may see now. */
  readonly latest: number
}

export interface TopicReaderOptions extends KafkaOptions {
  /** With it, what open transactions wrote is not there yet, and what aborted ones wrote never is. */
  readonly readCommitted?: boolean
}

export const EARLIEST = -2
export const LATEST = -1

/** With headers, with rack, not yet in the flexible format: Kafka 2.3 to today speak it. */
const FETCH_VERSION = 11
const LIST_OFFSETS_VERSION = 2
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
  readonly #isolationLevel: 0 | 1

  constructor(options: TopicReaderOptions) {
    this.#cluster = new Cluster(options, TIMING)
    this.#isolationLevel = options.readCommitted ? 1 : 0
  }

  /** How many partitions each of these topics has; those that are not there are left out. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#cluster.know(topics)
    const counts = this.#cluster.partitionCounts()
    return new Map(topics.flatMap((topic) => (counts.has(topic) ? [[topic, counts.get(topic)!] as const] : [])))
  }

  /** How many partitions the topic has. */
  async partitionCount(topic: string): Promise<number> {
    await this.#cluster.know([topic])
    const problem = this.#cluster.problemWith(topic)
    if (problem === undefined) return this.#cluster.partitionCount(topic)
    this.#cluster.doubt()
    throw problem
  }

  /**
   * The first offset of each partition at or behind an instant (ms since 1970), `EARLIEST` or `LATEST`. Without a record
   * that young it is -1.
   */
  async offsetsAt(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    instant: number,
  ): Promise<ReadPosition[]> {
    return this.#perLeader(partitions, async (connection, mine) => {
      const topics = byTopic(mine).map(([name, of]) => ({
        name,
        partitions: of.map(({ partition }) => ({ partitionIndex: partition, timestamp: instant })),
      }))
      const asked = { replicaId: CONSUMER, isolationLevel: this.#isolationLevel, topics }
      const answer = await connection.request(listOffsets, LIST_OFFSETS_VERSION, asked)
      return answer.topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, offset }) => {
          this.#check(errorCode, topic, partition)
          return { topic, partition, offset }
        }),
      )
    })
  }

  /**
   * From where to where each partition reaches now; a topic that is not there has none. With `isFresh` partitions are
   * among them that were added a moment ago.
   */
  async offsets(
    topics: readonly string[],
    { isFresh = false } = {},
  ): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>> {
    if (isFresh) this.#cluster.doubt()
    const counts = await this.partitionCounts(topics)
    const partitions = [...counts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    )
    const [earliest, latest] = await Promise.all([
      this.offsetsAt(partitions, EARLIEST),
      this.offsetsAt(partitions, LATEST),
    ])
    const firsts = new Map(earliest.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
    const byName = Map.groupBy(latest, ({ topic }) => topic)
    const offsetsOf = (topic: string): PartitionOffsets[] =>
      (byName.get(topic) ?? [])
        .map(({ partition, offset }) => ({ partition, earliest: firsts.get(`${topic}/${partition}`)!, latest: offset }))
        .sort((a, b) => a.partition - b.partition)
    return new Map(topics.map((topic) => [topic, offsetsOf(topic)]))
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
      const answer = await connection.request(fetch, FETCH_VERSION, {
        ...{ replicaId: CONSUMER, isolationLevel: this.#isolationLevel, maxWaitMs: waitMs, minBytes: 1, maxBytes },
        ...{ topics, forgottenTopicsData: [] },
      })
      const asked = new Map(mine.map((position) => [`${position.topic}/${position.partition}`, position]))
      return answer.responses.flatMap(({ topic, partitions }) =>
        partitions.map((found) => this.#partitionOf(asked.get(`${topic}/${found.partitionIndex}`)!, found)),
      )
    })
  }

  #partitionOf(position: ReadPosition, found: FetchedPartition): ReadPartition {
    const isOutOfRange = found.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE
    if (!isOutOfRange) this.#check(found.errorCode, position.topic, position.partition)
    const end = this.#isolationLevel === 1 ? found.lastStableOffset : found.highWatermark
    if (isOutOfRange || found.records === null)
      return { ...position, records: [], next: position.offset, unreadable: [], end, isOutOfRange }
    const aborted = this.#isolationLevel === 1 ? (found.abortedTransactions ?? []) : []
    return { ...position, ...recordsIn(found.records, { ...position, end, aborted }), end, isOutOfRange }
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
      this.#cluster.doubt()
      throw error
    }
  }

  #leader(topic: string, partition: number): number {
    const leader = this.#cluster.leaderOf(topic, partition)
    if (leader !== undefined) return leader
    throw new TryAgain(`partition ${partition} of ${topic} has no leader`)
  }
}

type FetchedPartition = ReturnType<(typeof fetch)['readResponse']>['responses'][number]['partitions'][number]

const byTopic = <P extends { readonly topic: string }>(partitions: readonly P[]): [string, P[]][] => [
  ...Map.groupBy(partitions, ({ topic }) => topic),
]
