import { batchBaseOffset, batchLastOffset } from '#libs/kafka-protocol'
import type { ReadLimits } from './segment-reader.ts'

interface TailBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly bytes: Buffer
}

const SLAB_BYTES = 256 * 1024

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
  private used = 0
  private slab = Buffer.alloc(0)
  private slabUsed = 0

  constructor(private readonly budget: number) {}

  add(tail: Tail, batch: Buffer): void {
    const bytes = this.keep(batch)
    tail.push({ baseOffset: batchBaseOffset(bytes), lastOffset: batchLastOffset(bytes), bytes })
    this.queue.push(tail)
    this.used += costOf(bytes)
    while (this.used > this.budget) this.used -= this.queue[this.head++]!.shift()
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
  }

  /**
   * A small batch must not keep a large receive buffer alive, so it is copied: together with its neighbours, which
   * leave the cache at about the same time, since a buffer each is what the garbage collector then has most work with.
   */
  private keep(batch: Buffer): Buffer {
    if (batch.length * 2 >= batch.buffer.byteLength) return batch
    if (batch.length * 2 > SLAB_BYTES) return Buffer.from(batch)
    if (this.slabUsed + batch.length > this.slab.length) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.slabUsed = 0
    }
    const at = this.slabUsed
    this.slabUsed += batch.copy(this.slab, at)
    return this.slab.subarray(at, this.slabUsed)
  }

  /** Empties a tail whose partition is gone. */
  forget(tail: Tail): void {
    this.queue = this.queue.slice(this.head).filter((other) => other !== tail)
    this.head = 0
    for (let freed = tail.shift(); freed > 0; freed = tail.shift()) this.used -= freed
  }
}

/** The batches in memory of one partition: contiguous up to its high watermark. */
export class Tail {
  private batches: TailBatch[] = []
  private head = 0

  push(batch: TailBatch): void {
    this.batches.push(batch)
  }

  /** Drops the oldest batch and returns what it cost, 0 when there is none. */
  shift(): number {
    const oldest = this.batches[this.head]
    if (oldest === undefined) return 0
    this.head++
    if (this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head)
      this.head = 0
    }
    return costOf(oldest.bytes)
  }

  /** Whole batches from the one with `offset`, all below `bound`; undefined when `offset` is older than the tail. */
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
      found.push(batch.bytes)
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
