import { batchBaseOffset, batchLastOffset } from '#libs/kafka-protocol'
import { BLOCK_BYTES, BlockPool } from './block-pool.ts'
import type { ReadLimits } from './segment-reader.ts'

interface TailBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly bytes: Buffer
}

/** What a batch takes of the budget: its bytes, and the objects that lead to them, which are more for a small one. */
export const costOf = (batch: Buffer): number => batch.length + 256

/**
 * The most recent batches of all partitions, so that consumers who keep up never touch the disk. One budget for all:
 * a thousand quiet partitions cost nothing, a busy one may use it up. The oldest batch of any partition goes first.
 */
export class TailCache {
  /** Tails in the order of their batches' arrival; an element stands for the oldest batch left in that tail. */
  private queue: Tail[] = []
  private head = 0
  /** Elements of the queue that stand for nothing any more. */
  private stale = 0
  private used = 0
  /** Where the next batch goes, and how much there is in it. */
  private block: Buffer = Buffer.alloc(0)
  private blockUsed = 0

  constructor(
    private readonly budget: number,
    private readonly blocks = new BlockPool(),
  ) {}

  /** Returns the batch as it is kept; whoever wants it for longer than this turn has to hold it. */
  add(tail: Tail, batch: Buffer): Buffer {
    const bytes = this.keep(batch)
    tail.push({ baseOffset: batchBaseOffset(bytes), lastOffset: batchLastOffset(bytes), bytes })
    this.queue.push(tail)
    this.used += costOf(bytes)
    while (this.used > this.budget) this.dropOldest()
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
    return bytes
  }

  /**
   * The memory in which a batch came is freed when it is answered. Copied together with its neighbours, which leave the
   * cache at about the same time, it costs nothing that has to be collected.
   */
  private keep(batch: Buffer): Buffer {
    if (batch.length * 2 > BLOCK_BYTES) return Buffer.from(batch)
    if (this.blockUsed + batch.length > this.block.length) {
      this.blocks.giveBack(this.block)
      this.block = this.blocks.take(BLOCK_BYTES)
      this.blockUsed = 0
    }
    const at = this.blockUsed
    this.blockUsed += batch.copy(this.block, at)
    const bytes = this.block.subarray(at, this.blockUsed)
    this.blocks.hold(bytes)
    return bytes
  }

  /** Empties a tail, in time that depends on nothing but what was in it. */
  forget(tail: Tail): void {
    while (this.drop(tail)) {
      tail.stale++
      this.stale++
    }
    if (this.stale * 2 > this.queue.length - this.head) this.sweep()
  }

  private dropOldest(): void {
    const tail = this.queue[this.head++]!
    if (!this.isStale(tail)) this.drop(tail)
  }

  /** Whether the next element that names this tail stood for a batch that was forgotten. */
  private isStale(tail: Tail): boolean {
    if (tail.stale === 0) return false
    tail.stale--
    this.stale--
    return true
  }

  private sweep(): void {
    this.queue = this.queue.slice(this.head).filter((tail) => !this.isStale(tail))
    this.head = 0
  }

  private drop(tail: Tail): boolean {
    const oldest = tail.shift()
    if (oldest === undefined) return false
    this.used -= costOf(oldest)
    this.blocks.giveBack(oldest)
    return true
  }
}

/** The batches in memory of one partition: contiguous up to its high watermark. */
export class Tail {
  /** Kept by the cache: how many of the next elements in its queue that name this tail stand for nothing. */
  stale = 0
  private batches: TailBatch[] = []
  private head = 0

  push(batch: TailBatch): void {
    this.batches.push(batch)
  }

  /** Drops the oldest batch and returns it. */
  shift(): Buffer | undefined {
    const oldest = this.batches[this.head]
    if (oldest === undefined) return undefined
    this.head++
    if (this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head)
      this.head = 0
    }
    return oldest.bytes
  }

  /**
   * Whole batches from the one with `offset`, all below `bound`, those that follow each other in memory as one piece;
   * undefined when `offset` is older than the tail.
   */
  read({ offset, maxBytes, bound, minOneBatch }: ReadLimits): Buffer[] | undefined {
    const oldest = this.batches[this.head]
    if (oldest === undefined || offset < oldest.baseOffset) return undefined
    const found: Buffer[] = []
    let bytes = 0
    for (let index = this.find(offset); index < this.batches.length; index++) {
      const batch = this.batches[index]!
      if (batch.lastOffset >= bound) break
      bytes += batch.bytes.length
      if (bytes > maxBytes && !(minOneBatch && found.length === 0)) break
      const last = found.at(-1)
      if (last !== undefined && isContinued(last, batch.bytes)) found[found.length - 1] = joined(last, batch.bytes)
      else found.push(batch.bytes)
    }
    return found
  }

  /** Index of the first batch that ends at or after `offset`. */
  private find(offset: number): number {
    let low = this.head
    let high = this.batches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.batches[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

const isContinued = (first: Buffer, second: Buffer): boolean =>
  first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset

const joined = (first: Buffer, second: Buffer): Buffer =>
  Buffer.from(first.buffer, first.byteOffset, first.length + second.length)
