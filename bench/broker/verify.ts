import {
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchLastOffset,
  batchMaxTimestamp,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  ErrorCode,
  fetch,
  isBatchIntact,
  Reader,
  readResponseHeader,
} from '#libs/kafka-protocol'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'

const FETCH_VERSION = 11
const SEQUENCES = 2 ** 31

/**
 * Reads a topic that one producer at a time wrote and throws unless it holds exactly `records` records, undamaged, without a
 * gap in the offsets and in the order in which they were sent: by the sequence numbers of an idempotent producer, by the
 * timestamps of any other.
 */
export const verify = async (
  broker: BrokerUnderTest,
  topic: string,
  partitions: number,
  records: number,
): Promise<void> => {
  const connection = await LoadConnection.to(broker)
  try {
    let found = 0
    for (let partition = 0; partition < partitions; partition++) {
      found += await verifyPartition(connection, topic, partition)
    }
    if (found !== records) throw new Error(`${broker.name}: ${found} of ${records} records are in ${topic}`)
  } finally {
    connection.close()
  }
}

const verifyPartition = async (connection: LoadConnection, topic: string, partition: number): Promise<number> => {
  const order = new Order(`${topic}-${partition}`)
  for (;;) {
    const { batches, highWatermark } = await read(connection, topic, partition, order.nextOffset)
    for (let at = 0; at < batches.length && isWhole(batches, at); at += batchSize(batches, at)) order.note(batches, at)
    if (order.nextOffset >= highWatermark) return order.records
    if (batches.length === 0) throw new Error(`nothing at offset ${order.nextOffset} of ${topic}-${partition}`)
  }
}

/** What must hold from one batch of a partition to the next. */
class Order {
  nextOffset = 0
  records = 0
  private readonly sequences = new Map<number, number>()
  private timestamp = 0

  constructor(private readonly where: string) {}

  note(bytes: Buffer, at: number): void {
    const base = batchBaseOffset(bytes, at)
    if (!isBatchIntact(bytes, at)) throw new Error(`${this.where}: the batch at offset ${base} is damaged`)
    if (base !== this.nextOffset) throw new Error(`${this.where}: offset ${base} where ${this.nextOffset} was due`)
    this.nextOffset = batchLastOffset(bytes, at) + 1
    const count = batchRecordsCount(bytes, at)
    this.records += count
    const producer = batchProducerId(bytes, at)
    if (producer < 0) this.noteTimestamp(bytes, at)
    else this.noteSequence(producer, batchBaseSequence(bytes, at), count)
  }

  private noteSequence(producer: number, sequence: number, count: number): void {
    const due = this.sequences.get(producer) ?? 0
    if (sequence !== due) throw new Error(`${this.where}: sequence ${sequence} of ${producer} where ${due} was due`)
    this.sequences.set(producer, (sequence + count) % SEQUENCES)
  }

  private noteTimestamp(bytes: Buffer, at: number): void {
    if (batchBaseTimestamp(bytes, at) < this.timestamp) throw new Error(`${this.where}: sent earlier, stored later`)
    this.timestamp = batchMaxTimestamp(bytes, at)
  }
}

const PREFIX = 12
const isWhole = (bytes: Buffer, at: number): boolean =>
  at + PREFIX <= bytes.length && at + batchSize(bytes, at) <= bytes.length

const read = async (connection: LoadConnection, topic: string, partition: number, offset: number) => {
  const maxBytes = 1024 * 1024
  const request = encodedRequest(fetch, FETCH_VERSION, {
    ...{ maxWaitMs: 1000, minBytes: 1, maxBytes },
    topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
  })
  const reader = new Reader(await connection.send(request))
  readResponseHeader(reader, fetch as never, FETCH_VERSION)
  const answer = fetch.readResponse(reader, FETCH_VERSION).responses[0]?.partitions[0]
  if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`reading ${topic}-${partition}: error ${answer?.errorCode}`)
  return { batches: answer.records ?? Buffer.alloc(0), highWatermark: answer.highWatermark }
}
