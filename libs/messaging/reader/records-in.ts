import {
  BATCH_OVERHEAD,
  BatchReader,
  batchAttributes,
  batchBaseOffset,
  batchBaseTimestamp,
  batchLastOffset,
  batchMagic,
  batchMaxTimestamp,
  batchSize,
  Compression,
  compressionOf,
  isControl,
  MalformedError,
  plainBatch,
  usesLogAppendTime,
} from '#libs/kafka-protocol'
import { type Aborted, AbortedTransactions } from './aborted-transactions.ts'

/** A record as it lies in its partition. */
export interface TopicRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970: when it was produced, or appended where the topic is set so. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** As text; a name that comes several times has all its values. */
  readonly headers: RecordHeaders
}
export type RecordHeaders = Readonly<Record<string, string | null | (string | null)[]>>

/** A batch that nothing can be made of: what it said is lost to whoever reads, and reading goes on behind it. */
export interface UnreadableBatch {
  readonly first: number
  readonly last: number
  readonly reason: string
}

interface Fetched {
  readonly topic: string
  readonly partition: number
  /** That was asked for; the first batch may begin before it. */
  readonly offset: number
  /** Where the partition ends for this reader. */
  readonly end: number
  /** What a consumer that reads committed is not to see. */
  readonly aborted: readonly Aborted[]
}

export interface RecordsIn {
  readonly records: TopicRecord[]
  /** Where to go on: behind everything that was looked at, markers and aborted records included. */
  readonly next: number
  readonly unreadable: UnreadableBatch[]
}

const MAGIC = 2
/** What the batches of one partition may decompress to, so that a few bytes cannot claim all memory. */
const MOST_BYTES = 64 * 1024 * 1024

/** What was fetched of a partition from an offset on. Control records are passed over. */
export const recordsIn = (bytes: Buffer, fetched: Fetched): RecordsIn => {
  const aborted = new AbortedTransactions(fetched.aborted)
  const found: RecordsIn = { records: [], next: fetched.offset, unreadable: [] }
  const decoder = { batches: new BatchReader(), plain: new Decompression() }
  let { next } = found
  for (let at = 0; bytes.length - at >= BATCH_OVERHEAD; at += batchSize(bytes, at)) {
    if (batchSize(bytes, at) < BATCH_OVERHEAD || batchMagic(bytes, at) !== MAGIC) {
      const reason = 'no batch of a format since Kafka 0.11'
      found.unreadable.push({ first: next, last: fetched.end - 1, reason })
      return { ...found, next: Math.max(next, fetched.end) }
    }
    // The last batch is cut off where the answer is full.
    if (at + batchSize(bytes, at) > bytes.length) break
    const last = batchLastOffset(bytes, at)
    if (!aborted.has(bytes, at) && !isControl(batchAttributes(bytes, at)) && last >= next) {
      try {
        if (!addRecords(found.records, bytes, at, decoder, fetched)) break
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error
        found.unreadable.push({ first: Math.max(next, batchBaseOffset(bytes, at)), last, reason: error.message })
      }
    }
    next = Math.max(next, last + 1)
  }
  return { ...found, next }
}

/** False, and nothing added, when there is no room to decompress it behind the others. */
const addRecords = (
  records: TopicRecord[],
  bytes: Buffer,
  at: number,
  { batches, plain }: { readonly batches: BatchReader; readonly plain: Decompression },
  { topic, partition, offset: from }: Fetched,
): boolean => {
  const attributes = batchAttributes(bytes, at)
  const isPlain = compressionOf(attributes) === Compression.none
  const batch = isPlain ? bytes : plain.of(bytes, at)
  if (batch === undefined) return false
  const [baseOffset, baseTimestamp] = [batchBaseOffset(bytes, at), batchBaseTimestamp(bytes, at)]
  const appendedAt = usesLogAppendTime(attributes) ? batchMaxTimestamp(bytes, at) : undefined
  for (const { offsetDelta, timestampDelta, key, value, headers } of batches.read(batch, isPlain ? at : 0)) {
    const offset = baseOffset + offsetDelta
    if (offset < from) continue
    records.push({
      topic,
      partition,
      offset,
      timestamp: appendedAt ?? baseTimestamp + timestampDelta,
      key,
      value,
      headers,
    })
  }
  return true
}

/** Decompresses the batches of one partition while there is room for them. */
class Decompression {
  #room = MOST_BYTES

  /** Undefined when it does not fit behind the others. Throws `MalformedError` when it alone does not, or is damaged. */
  of(bytes: Buffer, at: number): Buffer | undefined {
    try {
      const batch = plainBatch(bytes, at, this.#room)
      this.#room -= batch.length - BATCH_OVERHEAD
      return batch
    } catch (error) {
      if (!(error instanceof MalformedError) || this.#room === MOST_BYTES) throw error
      return undefined
    }
  }
}
