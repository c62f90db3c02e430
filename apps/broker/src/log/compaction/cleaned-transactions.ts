import { batchAttributes, batchBaseOffset, batchProducerId, isTransactional, readEndMarker } from '#libs/kafka-protocol'
import type { AbortedTransaction } from '../aborted-transactions.ts'

/**
 * Follows the transactions of a log while its batches are read in order: which batches were aborted, and which markers
 * end a transaction of which nothing is left, so that they may go too.
 */
export class CleanedTransactions {
  private next = 0
  /** By producer: aborted transactions under way, and whether a batch of theirs has been seen. */
  private readonly aborting = new Map<number, { seen: boolean }>()
  private readonly committing = new Set<number>()

  /** By first offset, all that overlap what will be read. */
  constructor(private readonly aborted: readonly AbortedTransaction[]) {}

  /** Takes note of a batch with data; true when its records must not be seen. */
  isAborted(batch: Buffer): boolean {
    if (!isTransactional(batchAttributes(batch))) return false
    this.beginUpTo(batchBaseOffset(batch))
    const producerId = batchProducerId(batch)
    const transaction = this.aborting.get(producerId)
    if (transaction === undefined) {
      this.committing.add(producerId)
      return false
    }
    transaction.seen = true
    return true
  }

  /** Takes note of a control batch; true when its transaction has no batch left. */
  endsNothing(marker: Buffer): boolean {
    this.beginUpTo(batchBaseOffset(marker))
    const producerId = batchProducerId(marker)
    if (readEndMarker(marker).commit) return !this.committing.delete(producerId)
    const transaction = this.aborting.get(producerId)
    this.aborting.delete(producerId)
    return transaction?.seen !== true
  }

  private beginUpTo(offset: number): void {
    for (let begun = this.aborted[this.next]; begun !== undefined && begun.firstOffset <= offset; ) {
      this.aborting.set(begun.producerId, { seen: false })
      begun = this.aborted[++this.next]
    }
  }
}
