/** The bytes do not follow the protocol: too short, a length that cannot be, a value out of its range. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

/** More than any honest request has; as objects they weigh many times what they do in the frame. */
const MAX_ELEMENTS = 250_000

/**
 * Reads the protocol's primitive types from one frame. Byte fields are views of the frame, not copies. Every length is
 * checked against what is left before anything is allocated for it.
 *
 * int64 is read as a number: exact below 2^53, which no offset, timestamp or producer id reaches.
 */
export class Reader {
  private readonly bytes: Buffer
  private at = 0
  private elements = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get remaining(): number {
    return this.bytes.length - this.at
  }

  bool(): boolean {
    return this.bytes.readInt8(this.take(1)) !== 0
  }

  int8(): number {
    return this.bytes.readInt8(this.take(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2))
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4))
  }

  int64(): number {
    const at = this.take(8)
    return this.bytes.readInt32BE(at) * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.take(8))
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.bytes.readUInt8(this.take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new MalformedError('a varint is longer than 32 bits')
  }

  /** 32 lower-case hexadecimal digits. */
  uuid(): string {
    const at = this.take(16)
    return this.bytes.toString('hex', at, at + 16)
  }

  string(length: number): string {
    const at = this.take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  slice(length: number): Buffer {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** A reader of the next `length` bytes alone, which are skipped here. */
  sub(length: number): Reader {
    return new Reader(this.slice(length))
  }

  /** Takes the next one, two or four bytes if they hold this value. */
  takeIf(width: 1 | 2 | 4, value: number): boolean {
    if (this.remaining < width || this.bytes.readIntBE(this.at, width) !== value) return false
    this.at += width
    return true
  }

  /** Checks a count of elements, each at least one byte long. */
  count(count: number): number {
    if (count < 0 || count > this.remaining) throw new MalformedError(`an array of ${count} elements does not fit`)
    this.elements += count
    if (this.elements > MAX_ELEMENTS) throw new MalformedError(`more than ${MAX_ELEMENTS} elements`)
    return count
  }

  private take(length: number): number {
    const at = this.at
    if (length < 0 || at + length > this.bytes.length) {
      throw new MalformedError(`${length} bytes wanted, ${this.bytes.length - at} left`)
    }
    this.at = at + length
    return at
  }
}
