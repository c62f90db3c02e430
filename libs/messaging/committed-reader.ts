import type { ReceivedRecord } from '#libs/contracts'
import {
  BATCH_OVERHEAD,
  BatchReader,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
  batchLastOffset,
  batchProducerId,
  batchSize,
  Compression,
  compressionOf,
  ErrorCode,
  fetch,
  isControl,
  isTransactional,
  listOffsets,
  MalformedError,
  plainBatch,
  readEndMarker,
} from '#libs/kafka-protocol'
import type { KafkaOptions } from './kafka-client.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf, TryAgain } from './producer/errors.ts'
import { defaultTiming } from './producer/timing.ts'

const FETCH_VERSION = 11
const LIST_OFFSETS_VERSION = 2
const EARLIEST = -2
const LATEST = -1
const READ_COMMITTED = 1
const MAX_BATCH_BYTES = 64 * 1024 * 1024

export interface StoredRecord {
  readonly offset: number
  /** When it was written, ms since the epoch. */
  readonly timestamp: number
  readonly raw: ReceivedRecord
}

/** What lies between two offsets of a partition. */
export interface Stretch {
  readonly records: readonly StoredRecord[]
  /** Where to read on: behind everything that was looked at, markers and aborted records included. */
  readonly next: number
  /** Behind the last record that a consumer may see now. */
  readonly end: number
}

export interface PartitionBounds {
  readonly partition: number
  /** The first offset that is still there. */
  readonly first: number
  /** Behind the last record that a consumer may see now. */
  readonly end: number
}

/**
 * Reads partitions by offset, without a group and without telling anybody: for whoever keeps its place itself. What
 * aborted transactions wrote is left out, as a consumer that reads committed does.
 */
export class CommittedReader {
  readonly #cluster: Cluster
  readonly #batches = new BatchReader()

  constructor(options: KafkaOptions) {
    this.#cluster = new Cluster(options, defaultTiming)
  }

  /** Of every partition, asked now. A topic that is not there has none. */
  async bounds(topics: readonly string[]): Promise<Map<string, PartitionBounds[]>> {
    this.#cluster.doubt()
    await this.#cluster.know(topics)
    const [firsts, ends] = await Promise.all([this.#offsets(topics, EARLIEST), this.#offsets(topics, LATEST)])
    const boundsOf = (topic: string): PartitionBounds[] =>
      Array.from({ length: this.#partitions(topic) }, (_, partition) => {
        const place = `${topic}/${partition}`
        return { partition, first: firsts.get(place)!, end: ends.get(place)! }
      })
    return new Map(topics.map((topic) => [topic, boundsOf(topic)]))
  }

  /**
   * Some records from `offset` on, none when there are none yet; undefined when the partition does not reach from there
   * on: what was there is gone. Rejects with `TryAgain` when its leader cannot be asked now.
   */
  async read(topic: string, partition: number, offset: number, maxBytes: number): Promise<Stretch | undefined> {
    await this.#cluster.know([topic])
    const connection = await this.#leader(topic, partition)
    const answer = await connection.request(fetch, FETCH_VERSION, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes, isolationLevel: READ_COMMITTED },
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
    })
    const found = answer.responses[0]?.partitions[0]
    const errorCode = found?.errorCode ?? answer.errorCode
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return undefined
    if (found === undefined || errorCode !== ErrorCode.NONE) return this.#failed(errorCode, topic, partition)
    const end = found.lastStableOffset
    if (found.records === null || found.records.length === 0) return { records: [], next: offset, end }
    return { ...this.#recordsIn(found.records, offset, found.abortedTransactions ?? []), end }
  }

  close(): void {
    this.#cluster.close()
  }

  /** By `topic/partition`: one request to each broker. */
  async #offsets(topics: readonly string[], timestamp: number): Promise<Map<string, number>> {
    const byLeader = new Map<number, Map<string, number[]>>()
    for (const topic of topics)
      for (let partition = 0; partition < this.#partitions(topic); partition++) {
        const leader = this.#cluster.leaderOf(topic, partition)
        if (leader === undefined) this.#failed(ErrorCode.LEADER_NOT_AVAILABLE, topic, partition)
        const led = byLeader.get(leader) ?? new Map<string, number[]>()
        byLeader.set(leader, led.set(topic, [...(led.get(topic) ?? []), partition]))
      }
    const offsets = new Map<string, number>()
    const ask = async ([leader, led]: [number, Map<string, number[]>]): Promise<void> => {
      const connection = await this.#cluster.connectionTo(leader)
      const answer = await connection.request(listOffsets, LIST_OFFSETS_VERSION, {
        ...{ replicaId: -1, isolationLevel: READ_COMMITTED },
        topics: [...led].map(([name, partitions]) => ({
          name,
          partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })),
        })),
      })
      for (const { name, partitions } of answer.topics)
        for (const { partitionIndex, errorCode, offset } of partitions) {
          if (errorCode !== ErrorCode.NONE) this.#failed(errorCode, name, partitionIndex)
          offsets.set(`${name}/${partitionIndex}`, offset)
        }
    }
    await Promise.all([...byLeader].map(ask))
    return offsets
  }

  #partitions(topic: string): number {
    return this.#cluster.problemWith(topic) === undefined ? this.#cluster.partitionCount(topic) : 0
  }

  #leader(topic: string, partition: number) {
    const leader = this.#cluster.leaderOf(topic, partition)
    if (leader === undefined) return this.#failed(ErrorCode.LEADER_NOT_AVAILABLE, topic, partition)
    return this.#cluster.connectionTo(leader)
  }

  #failed(errorCode: number, topic: string, partition: number): never {
    this.#cluster.doubt()
    throw errorOf(errorCode, `${topic}/${partition}`)
  }

  /** None when nothing can be made of the batch: a consumer sets it aside as a whole. */
  #batch(bytes: Buffer, at: number): StoredRecord[] {
    try {
      const isPlain = compressionOf(batchAttributes(bytes, at)) === Compression.none
      const batch = isPlain ? bytes : plainBatch(bytes, at, MAX_BATCH_BYTES)
      const [baseOffset, baseTimestamp] = [batchBaseOffset(bytes, at), batchBaseTimestamp(bytes, at)]
      return this.#batches
        .read(batch, isPlain ? at : 0)
        .map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
          ...{
            offset: baseOffset + offsetDelta,
            timestamp: baseTimestamp + timestampDelta,
            raw: { key, value, headers },
          },
        }))
    } catch (error) {
      if (error instanceof MalformedError) return []
      throw error
    }
  }

  #recordsIn(bytes: Buffer, from: number, abortedTransactions: readonly Aborted[]): Pick<Stretch, 'records' | 'next'> {
    const aborted = new AbortedTransactions(abortedTransactions)
    const records: StoredRecord[] = []
    let next = from
    for (let at = 0; bytes.length - at >= BATCH_OVERHEAD; at += batchSize(bytes, at)) {
      if (at + batchSize(bytes, at) > bytes.length) break
      next = batchLastOffset(bytes, at) + 1
      if (aborted.skips(bytes, at)) continue
      for (const record of this.#batch(bytes, at)) if (record.offset >= from) records.push(record)
    }
    // A batch that is larger than what was asked for comes whole all the same.
    if (next === from) throw new TryAgain(`nothing whole was answered at offset ${from}`)
    return { records, next }
  }
}

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
}

/** Which batches of an answer a consumer does not hand out. */
class AbortedTransactions {
  readonly #pending: Aborted[]
  readonly #open = new Set<number>()

  constructor(aborted: readonly Aborted[]) {
    this.#pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  skips(bytes: Buffer, at: number): boolean {
    const last = batchLastOffset(bytes, at)
    while (this.#pending.length > 0 && this.#pending[0]!.firstOffset <= last)
      this.#open.add(this.#pending.shift()!.producerId)
    const producer = batchProducerId(bytes, at)
    if (!isControl(batchAttributes(bytes, at)))
      return isTransactional(batchAttributes(bytes, at)) && this.#open.has(producer)
    if (!readEndMarker(bytes, at).commit) this.#open.delete(producer)
    return true
  }
}
