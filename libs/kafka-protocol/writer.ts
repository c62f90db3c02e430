const INITIAL_BYTES = 512
/** Below this a byte field is copied: one more buffer in the socket's write costs more than the copy. */
export const COPY_BELOW_BYTES = 1024

/**
 * Writes the protocol's primitive types into a list of buffers. Large byte fields (record batches) are passed through
 * uncopied, so they must not change until the buffers have been sent.
 */
export class Writer {
  private readonly done: Buffer[] = []
  private doneBytes = 0
  private current = Buffer.allocUnsafe(INITIAL_BYTES)
  private start = 0
  private at = 0

  /** Bytes written so far. */
  get length(): number {
    return this.doneBytes + this.at - this.start
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.current.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.current.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.current.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.current.writeInt32BE(value, at)
  }

  int64(value: number): void {
    const at = this.reserve(8)
    const high = Math.floor(value / 0x1_0000_0000)
    this.current.writeInt32BE(high, at)
    this.current.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.current.writeDoubleBE(value, at)
  }

  uvarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.uint8((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.uint8(rest)
  }

  /** 32 hexadecimal digits. */
  uuid(value: string): void {
    if (value.length !== 32) throw new TypeError(`not a topic id: ${value}`)
    const at = this.reserve(16)
    this.current.write(value, at, 16, 'hex')
  }

  /** The text alone; its length in bytes must have been written before. */
  string(value: string, byteLength: number): void {
    const at = this.reserve(byteLength)
    this.current.write(value, at, byteLength, 'utf8')
  }

  bytes(value: Buffer): void {
    if (value.length < COPY_BELOW_BYTES) {
      const at = this.reserve(value.length)
      value.copy(this.current, at)
      return
    }
    this.seal()
    this.done.push(value)
    this.doneBytes += value.length
  }

  /** Everything written, in order. */
  buffers(): Buffer[] {
    this.seal()
    return this.done
  }

  private uint8(value: number): void {
    const at = this.reserve(1)
    this.current.writeUInt8(value, at)
  }

  private seal(): void {
    if (this.at === this.start) return
    this.done.push(this.current.subarray(this.start, this.at))
    this.doneBytes += this.at - this.start
    this.start = this.at
  }

  /** Where the next bytes go. Call it before looking at `current`, which it may replace. */
  private reserve(bytes: number): number {
    const at = this.at
    if (at + bytes > this.current.length) return this.grow(bytes)
    this.at = at + bytes
    return at
  }

  private grow(bytes: number): number {
    this.seal()
    this.current = Buffer.allocUnsafe(Math.max(bytes, Math.min(this.doneBytes * 2, 65_536), INITIAL_BYTES))
    this.start = 0
    this.at = bytes
    return 0
  }
}
