import type { BatchWriter, TextRecord } from '#libs/kafka-protocol'
import type { Identity } from './identity.ts'
import { partitionOf } from './partition-of.ts'

/**
 * Kafka refuses batches above 1 MiB by default (`max.message.bytes`). A single record may need more than this, and
 * gets a batch of its own.
 */
const MAX_BATCH_BYTES = 1_000_000

/** One batch on its way: its bytes, and so its sequence numbers, are the same however often it is sent. */
export interface Batch {
  /** `topic/partition`. */
  readonly name: string
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
  /** Where its records are among those that were to be sent. */
  readonly places: readonly number[]
}

/** What one partition is to be sent, in order. */
export class PartitionQueue {
  readonly #records: TextRecord[] = []
  readonly #places: number[] = []
  #sent = 0

  /** `topic/partition`. */
  readonly name: string

  constructor(
    private readonly topic: string,
    private readonly partition: number,
  ) {
    this.name = partitionName(topic, partition)
  }

  get isEmpty(): boolean {
    return this.#sent === this.#records.length
  }

  push(record: TextRecord, place: number): void {
    this.#records.push(record)
    this.#places.push(place)
  }

  /** Takes as many records as one batch has room for. */
  nextBatch(writer: BatchWriter, identity: Identity): Batch {
    const { producerId, producerEpoch, isTransactional } = identity
    const baseSequence = identity.nextSequence(this.name)
    const stamp = { timestamp: Date.now(), producerId, producerEpoch, baseSequence, isTransactional }
    const { bytes, count } = writer.write(this.#records, this.#sent, MAX_BATCH_BYTES, stamp)
    identity.advance(this.name, count)
    const places = this.#places.slice(this.#sent, this.#sent + count)
    this.#sent += count
    return { name: this.name, topic: this.topic, partition: this.partition, bytes, places }
  }
}

export const partitionName = (topic: string, partition: number): string => `${topic}/${partition}`

export interface PlacedRecord {
  readonly topic: string
  readonly record: TextRecord & { readonly key: string }
  readonly partition?: number | undefined
  readonly place: number
}

/** The records by partition, in the order given within each. */
export const queuesOf = (
  records: readonly PlacedRecord[],
  partitionCount: (topic: string) => number,
): PartitionQueue[] => {
  const queues: PartitionQueue[] = []
  const byTopic = new Map<string, PartitionQueue[]>()
  for (const { topic, record, partition: given, place } of records) {
    let ofTopic = byTopic.get(topic)
    if (ofTopic === undefined) {
      ofTopic = new Array(partitionCount(topic))
      byTopic.set(topic, ofTopic)
    }
    const partition = given ?? partitionOf(record.key, partitionCount(topic))
    let queue = ofTopic[partition]
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition)
      ofTopic[partition] = queue
      queues.push(queue)
    }
    queue.push(record, place)
  }
  return queues
}
