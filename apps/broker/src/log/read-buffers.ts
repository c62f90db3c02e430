/** What a consumer asks of a partition unless it was told otherwise: `max.partition.fetch.bytes`. */
const SIZE = 1024 * 1024
const MAX_FREE = 16

/**
 * Large buffers for what is read from segments, used again when the kernel has taken what was in them: a new one for
 * each read costs more than the read itself, in page faults and above all in garbage collections, which come sooner the
 * more memory there is outside of the heap. One that is never given back, since its connection went away, is garbage
 * like any other.
 */
export class ReadBuffers {
  private readonly free: Buffer[] = []
  private readonly lent = new WeakSet<ArrayBufferLike>()

  readonly take = (bytes: number): Buffer => {
    // What is much smaller must not keep a whole one while a slow client takes it.
    if (bytes > SIZE || bytes * 2 < SIZE) return Buffer.allocUnsafe(bytes)
    const whole = this.free.pop() ?? Buffer.allocUnsafeSlow(SIZE)
    this.lent.add(whole.buffer)
    return whole.subarray(0, bytes)
  }

  /** Whether these bytes, or some around them, are to be given back. */
  isLent(bytes: Buffer): boolean {
    return this.lent.has(bytes.buffer)
  }

  /** Nobody reads these bytes any more, nor any others of the same buffer. */
  giveBack(bytes: Buffer): void {
    if (this.lent.delete(bytes.buffer) && this.free.length < MAX_FREE) this.free.push(Buffer.from(bytes.buffer))
  }
}
