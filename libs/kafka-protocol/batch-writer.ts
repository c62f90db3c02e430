import { compress } from './compression/codec.ts'
import { crc32c } from './crc32c.ts'
import { BATCH_OVERHEAD, Compression } from './record-batch.ts'
import { RECORD_LENGTH_BYTES, RecordWriter } from './record-writer.ts'

/** A record to be written; texts travel as UTF-8. */
export interface NewRecord {
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** A record as a producer has it. */
export interface TextRecord extends NewRecord {
  readonly key: string | null
  readonly value: string | null
}

/** Who sends a batch, and when. */
export interface BatchStamp {
  /** Of every record. Milliseconds since 1970. */
  readonly timestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the first record. */
  readonly baseSequence: number
  /** Part of the producer's transaction. Default false. */
  readonly isTransactional?: boolean
}

export interface WrittenBatch {
  /** A view of the writer's memory: what it shows is gone after the next `clear`. */
  readonly bytes: Buffer
  /** How many of the records are in it, counted from `first` on. */
  readonly count: number
}

/** What is kept between two uses; more is given back, so that one large publish does not cost memory for good. */
const KEPT_BYTES = 1024 * 1024

/** Encodes record batches one behind the other into memory of its own. The layout: `record-batch.ts`. */
export class BatchWriter {
  #out = new RecordWriter()

  /** `codec`: of `Compression`, for batches of several records that it makes smaller. */
  constructor(private readonly codec: number = Compression.none) {}

  /** The batches written so far are not needed any more. */
  clear(): void {
    if (this.#out.bytes.length > KEPT_BYTES) this.#out = new RecordWriter()
    else this.#out.rewind(0)
  }

  /** One batch of the records from `first` on: as many as `maxBytes` uncompressed have room for, but one at least. */
  write(records: readonly NewRecord[], first: number, maxBytes: number, stamp: BatchStamp): WrittenBatch {
    const out = this.#out
    const start = out.position
    out.skip(BATCH_OVERHEAD)
    let count = 0
    for (let index = first; index < records.length; index++) {
      const end = out.position
      writeRecord(out, records[index]!, count)
      if (count > 0 && out.position - start > maxBytes) {
        out.rewind(end)
        break
      }
      count++
    }
    const codec = this.#compress(start + BATCH_OVERHEAD, count)
    const bytes = out.bytes.subarray(start, out.position)
    seal(bytes, count, codec, stamp)
    return { bytes, count }
  }

  /** What was written since `start`, if that makes it smaller. Answers the codec of what stands there now. */
  #compress(start: number, count: number): number {
    // What repeats are the records; one alone is worth no time.
    if (this.codec === Compression.none || count < 2) return Compression.none
    const records = this.#out.bytes.subarray(start, this.#out.position)
    const compressed = compress(this.codec, records)
    if (compressed.length >= records.length) return Compression.none
    compressed.copy(records)
    this.#out.rewind(start + compressed.length)
    return this.codec
  }
}

const writeRecord = (out: RecordWriter, { key, value, headers }: NewRecord, offsetDelta: number): void => {
  const start = out.position
  out.skip(RECORD_LENGTH_BYTES)
  out.byte(NO_ATTRIBUTES)
  out.byte(NO_TIMESTAMP_DELTA)
  out.varint(offsetDelta)
  writeField(out, key)
  writeField(out, value)
  const names = Object.keys(headers)
  out.varint(names.length)
  for (const name of names) {
    out.text(name)
    out.text(headers[name]!)
  }
  out.closeRecord(start)
}

const writeField = (out: RecordWriter, field: string | Buffer | null): void =>
  typeof field === 'string' || field === null ? out.text(field) : out.blob(field)

const NO_ATTRIBUTES = 0
const NO_TIMESTAMP_DELTA = 0
const NO_LEADER_EPOCH = -1
const MAGIC = 2
const TRANSACTIONAL = 0x10

const seal = (batch: Buffer, count: number, codec: number, stamp: BatchStamp): void => {
  batch.fill(0, 0, BATCH_OVERHEAD)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(NO_LEADER_EPOCH, 12)
  batch[16] = MAGIC
  batch.writeInt16BE(stamp.isTransactional ? codec | TRANSACTIONAL : codec, 21)
  batch.writeInt32BE(count - 1, 23)
  writeInt64(batch, stamp.timestamp, 27)
  writeInt64(batch, stamp.timestamp, 35)
  writeInt64(batch, stamp.producerId, 43)
  batch.writeInt16BE(stamp.producerEpoch, 51)
  batch.writeInt32BE(stamp.baseSequence, 53)
  batch.writeInt32BE(count, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
}

const writeInt64 = (batch: Buffer, value: number, at: number): void => {
  const high = Math.floor(value / 0x1_0000_0000)
  batch.writeInt32BE(high, at)
  batch.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}
