import { MalformedError } from '../reader.ts'

/** What a decompressor writes: grows as needed, never beyond a limit, so that a few bytes cannot claim all memory. */
export class Output {
  length = 0
  private buffer = Buffer.allocUnsafe(0)

  constructor(private readonly limit: number) {}

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }

  /** Room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed > this.limit) throw new MalformedError(`decompressed, this is more than ${this.limit} bytes`)
    if (needed <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(needed, this.buffer.length * 2)))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }

  /** Appends `size` bytes of `input` at `at` and returns the position after them. */
  literal(input: Buffer, at: number, size: number): number {
    if (at + size > input.length) throw new MalformedError('a literal is cut short')
    this.reserve(size)
    input.copy(this.buffer, this.length, at, at + size)
    this.length += size
    return at + size
  }

  /** Repeats `size` bytes that begin `offset` before the end, not before `start`; they may overlap their copy. */
  copy(offset: number, size: number, start = 0): void {
    const from = this.length - offset
    if (offset === 0 || from < start) throw new MalformedError('a copy of what comes before the beginning')
    this.reserve(size)
    const { buffer, length } = this
    if (offset >= size) buffer.copyWithin(length, from, from + size)
    else for (let index = 0; index < size; index++) buffer[length + index] = buffer[from + index]!
    this.length += size
  }
}
