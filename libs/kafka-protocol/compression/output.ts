import { MalformedError } from '../reader.ts'

/** What a decompressor has given so far: never more than a limit, so that a few bytes cannot claim all memory. */
export class Output {
  private readonly parts: Buffer[] = []
  private length = 0

  constructor(private readonly limit: number) {}

  /** Bytes that may still come. */
  get room(): number {
    return this.limit - this.length
  }

  add(part: Buffer): void {
    this.expect(part.length)
    this.length += part.length
    this.parts.push(part)
  }

  /** To be asked before so many bytes are made. */
  expect(bytes: number): void {
    if (bytes > this.room) throw new MalformedError(`decompressed, this is more than ${this.limit} bytes`)
  }

  /** The last bytes, at most so many, which may come from several parts. */
  last(bytes: number): Buffer {
    const found: Buffer[] = []
    let missing = bytes
    for (let i = this.parts.length - 1; i >= 0 && missing > 0; i--) {
      const part = this.parts[i]!
      found.unshift(part.subarray(Math.max(0, part.length - missing)))
      missing -= part.length
    }
    return Buffer.concat(found)
  }

  bytes(): Buffer {
    return this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts, this.length)
  }
}
