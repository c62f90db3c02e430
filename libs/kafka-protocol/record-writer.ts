const INITIAL_BYTES = 16 * 1024
/** UTF-8 needs at most three bytes for one unit of a JavaScript string. */
const BYTES_PER_UNIT = 3
const LONGEST_VARINT = 5
/** Up to here writing a text unit by unit is cheaper than the call into the runtime. */
const SHORT_TEXT = 64

/**
 * Memory that is written from front to back, and used again after `rewind`. It grows by moving to a larger buffer, so
 * views of what was written stay what they are until then.
 */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #at = 0

  /** Where the next byte goes. */
  get position(): number {
    return this.#at
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Forgets what was written behind `position`. */
  rewind(position: number): void {
    this.#at = position
  }

  /** Leaves room for `length` bytes that are filled in later. */
  skip(length: number): void {
    this.#reserve(length)
    this.#at += length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
  }

  /** Zigzag; `value` is from -1 to 2^30. */
  varint(value: number): void {
    this.#reserve(LONGEST_VARINT)
    this.#at = putVarint(this.#bytes, this.#at, value)
  }

  /** UTF-8 behind its length in bytes; null is the length -1. */
  text(text: string | null): void {
    if (text === null) {
      this.byte(NULL_LENGTH)
    } else {
      this.#reserve(LONGEST_VARINT + text.length * BYTES_PER_UNIT)
      if (text.length >= SHORT_TEXT || !this.#shortAscii(text)) this.#anyText(text)
    }
  }

  /** Bytes behind how many they are. */
  blob(bytes: Buffer): void {
    this.varint(bytes.length)
    this.#reserve(bytes.length)
    this.#at += bytes.copy(this.#bytes, this.#at)
  }

  /**
   * Puts its length in front of what was written since `start`, whose first two bytes were skipped for it: two are
   * right for all but the smallest and largest records, which are moved.
   */
  closeRecord(start: number): void {
    const body = start + RECORD_LENGTH_BYTES
    const length = this.#at - body
    const size = varintSize(length)
    if (size !== RECORD_LENGTH_BYTES) {
      this.#reserve(LONGEST_VARINT)
      this.#bytes.copyWithin(start + size, body, this.#at)
      this.#at += size - RECORD_LENGTH_BYTES
    }
    putVarint(this.#bytes, start, length)
  }

  /** False when the text is not ASCII, and then nothing is written. */
  #shortAscii(text: string): boolean {
    const bytes = this.#bytes
    const first = this.#at + 1
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > LAST_ASCII) return false
      bytes[first + i] = unit
    }
    bytes[this.#at] = text.length * 2
    this.#at = first + text.length
    return true
  }

  /** Most texts have as many bytes as units: where the length is right then, nothing has to be moved. */
  #anyText(text: string): void {
    const guess = varintSize(text.length)
    const written = this.#bytes.write(text, this.#at + guess)
    const size = varintSize(written)
    if (size !== guess) this.#bytes.copyWithin(this.#at + size, this.#at + guess, this.#at + guess + written)
    this.#at = putVarint(this.#bytes, this.#at, written) + written
  }

  #reserve(length: number): void {
    const needed = this.#at + length
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

export const RECORD_LENGTH_BYTES = 2
const NULL_LENGTH = 1
const LAST_ASCII = 0x7f

const varintSize = (value: number): number =>
  value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x10_0000 ? 3 : value < 0x800_0000 ? 4 : 5

const putVarint = (bytes: Buffer, at: number, value: number): number => {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
