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

/** A record as it lies in its partition. */
export interface TopicRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970: when it was produced, or appended where the topic is set so. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** As text; a name that comes several times has the last value. */
  readonly headers: Readonly<Record<string, string | null>>
}

const MAGIC = 2
/** What the batches of one partition may decompress to. */
const MOST_BYTES = 16 * 1024 * 1024

/** What was fetched of a partition from an offset on: the records, and where to go on. Control records are passed over. */
export const recordsIn = (
  bytes: Buffer,
  { topic, partition, offset }: { topic: string; partition: number; offset: number },
): { records: TopicRecord[]; next: number } => {
  const reader = new BatchReader()
  const records: TopicRecord[] = []
  let next = offset
  let room = MOST_BYTES
  for (let at = 0; bytes.length - at >= BATCH_OVERHEAD; at += batchSize(bytes, at)) {
    // The last batch is cut off where the answer is full.
    if (at + batchSize(bytes, at) > bytes.length) break
    if (batchMagic(bytes, at) !== MAGIC) throw new MalformedError('a batch of a format from before Kafka 0.11')
    const last = batchLastOffset(bytes, at)
    const attributes = batchAttributes(bytes, at)
    if (!isControl(attributes) && last >= next) {
      const isPlain = compressionOf(attributes) === Compression.none
      if (!isPlain && room <= 0) break
      const plain = isPlain ? bytes : plainBatch(bytes, at, room)
      if (!isPlain) room -= plain.length
      const start = isPlain ? at : 0
      const appendedAt = usesLogAppendTime(attributes) ? batchMaxTimestamp(bytes, at) : undefined
      for (const { offsetDelta, timestampDelta, key, value, headers } of reader.read(plain, start)) {
        const recordOffset = batchBaseOffset(bytes, at) + offsetDelta
        if (recordOffset < offset) continue
        const timestamp = appendedAt ?? batchBaseTimestamp(bytes, at) + timestampDelta
        records.push({ topic, partition, offset: recordOffset, timestamp, key, value, headers: single(headers) })
      }
    }
    next = Math.max(next, last + 1)
  }
  return { records, next }
}

const single = (headers: Readonly<Record<string, string | null | (string | null)[]>>): TopicRecord['headers'] => {
  for (const value of Object.values(headers))
    if (Array.isArray(value))
      return Object.fromEntries(Object.entries(headers).map(([name, each]) => [name, [each].flat().at(-1) ?? null]))
  return headers as TopicRecord['headers']
}
