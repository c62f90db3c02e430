import { MalformedError } from './reader.ts'
import { BATCH_OVERHEAD, batchRecordsCount, batchSize } from './record-batch.ts'

/** A record as a consumer wants it. Key and value are views of the batch. */
export interface ReceivedText {
  readonly attributes: number
  readonly timestampDelta: number
  readonly offsetDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** UTF-8, read as text. A name that comes several times has all its values. */
  readonly headers: Record<string, HeaderText | HeaderText[]>
}
export type HeaderText = string | null

/**
 * Reads the records of uncompressed batches. Headers are most of a record, and the names of one record are those of the
 * next: they are taken as texts in one piece, and the names are compared before they are made.
 */
export class BatchReader {
  readonly #names: string[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0

  /** The records of the batch that begins at `start`. Throws `MalformedError` when they do not add up. */
  read(bytes: Buffer, start: number): ReceivedText[] {
    const batchEnd = start + batchSize(bytes, start)
    const count = batchRecordsCount(bytes, start)
    if (batchEnd > bytes.length || count < 0) throw new MalformedError('a batch is cut off')
    this.#bytes = bytes
    this.#at = start + BATCH_OVERHEAD
    const records: ReceivedText[] = []
    for (let index = 0; index < count; index++) {
      this.#end = batchEnd
      const length = this.#lengthOf(this.#varint())
      this.#end = this.#at + length
      records.push(this.#record())
      if (this.#at !== this.#end) throw new MalformedError('a record holds more than its headers')
    }
    return records
  }

  #record(): ReceivedText {
    const attributes = this.#bytes[this.#at++]!
    const timestampDelta = this.#varint()
    const offsetDelta = this.#varint()
    const key = this.#nullableBytes()
    const value = this.#nullableBytes()
    return { attributes, timestampDelta, offsetDelta, key, value, headers: this.#headers() }
  }

  #headers(): ReceivedText['headers'] {
    const count = this.#varint()
    const headers: ReceivedText['headers'] = {}
    if (count <= 0) return headers
    const start = this.#at
    const ascii = this.#bytes.toString('latin1', start, this.#end)
    // A length of 64 or more is no ASCII either: such headers are read one by one.
    const text = isAscii(ascii)
      ? (length: number) => ascii.slice(this.#at - start, this.#at - start + length)
      : (length: number) => this.#bytes.toString('utf8', this.#at, this.#at + length)
    for (let index = 0; index < count; index++) {
      const nameLength = this.#lengthOf(this.#varint())
      const known = this.#names[index]
      const isKnown = known?.length === nameLength && ascii.startsWith(known, this.#at - start)
      const name = isKnown ? known : text(nameLength)
      this.#names[index] = name
      this.#at += nameLength
      const valueLength = this.#varint()
      const value = valueLength < 0 ? null : text(this.#lengthOf(valueLength))
      this.#at += Math.max(0, valueLength)
      addHeader(headers, name, value)
    }
    return headers
  }

  #nullableBytes(): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    const from = this.#at
    this.#at += this.#lengthOf(length)
    return this.#bytes.subarray(from, this.#at)
  }

  /** A length that what is left of the record has room for. */
  #lengthOf(length: number): number {
    if (length < 0 || length > this.#end - this.#at) throw new MalformedError(`${length} bytes do not fit a record`)
    return length
  }

  /** Zigzag; by arithmetic where it is long, because differences of time exceed 32 bits. */
  #varint(): number {
    let value = 0
    for (let scale = 1; this.#at < this.#end && scale < TOO_LONG; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new MalformedError('a number does not fit a record')
  }
}

const TOO_LONG = 0x80 ** 10

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII is
const NOT_ASCII = /[^\x00-\x7f]/
const isAscii = (text: string): boolean => !NOT_ASCII.test(text)

const addHeader = (headers: ReceivedText['headers'], name: string, value: HeaderText): void => {
  if (name === '__proto__') {
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
  } else if (!Object.hasOwn(headers, name)) {
    headers[name] = value
  } else {
    const before = headers[name]!
    headers[name] = Array.isArray(before) ? [...before, value] : [before, value]
  }
}
