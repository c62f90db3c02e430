/** What a consumer asks of a partition unless it was told otherwise: `max.partition.fetch.bytes`. */
export const BLOCK_BYTES = 1024 * 1024
const MAX_FREE = 16

interface Block {
  /** Each has something of it that must not change. */
  holders: number
}

/**
 * Large pieces of memory for what is read from segments, and for recent batches, used again when the last who held
 * anything of one has given it back: new ones cost more than what is done with them, in page faults and above all in
 * garbage collections, which come sooner the more memory there is outside of the heap. A block of which something is
 * never given back, since its connection went away, is garbage like any other.
 */
export class BlockPool {
  private readonly free: Buffer[] = []
  private readonly lent = new WeakMap<ArrayBufferLike, Block>()

  /** So many bytes, held once; of a block where that is not much larger. */
  readonly take = (bytes: number): Buffer => {
    // What is much smaller must not keep a whole one while a slow client takes it.
    if (bytes > BLOCK_BYTES || bytes * 2 < BLOCK_BYTES) return Buffer.allocUnsafe(bytes)
    const whole = this.free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.lent.set(whole.buffer, { holders: 1 })
    return whole.subarray(0, bytes)
  }

  /** Whether these bytes are of a block, and to be given back. */
  isLent(bytes: Buffer): boolean {
    return this.lent.has(bytes.buffer)
  }

  /** Somebody else has these bytes as well, and will give them back. */
  hold(bytes: Buffer): void {
    const block = this.lent.get(bytes.buffer)
    if (block !== undefined) block.holders++
  }

  /** One of those who held these bytes does not look at them any more. */
  giveBack(bytes: Buffer): void {
    const block = this.lent.get(bytes.buffer)
    if (block === undefined || --block.holders > 0) return
    this.lent.delete(bytes.buffer)
    if (this.free.length < MAX_FREE) this.free.push(Buffer.from(bytes.buffer))
  }
}
