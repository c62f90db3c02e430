import {
  batchAttributes,
  batchLastOffset,
  batchProducerId,
  isControl,
  isTransactional,
  readEndMarker,
} from '#libs/kafka-protocol'

/** A transaction that was aborted, as a fetch tells of it: who wrote it, and where it began. */
export interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
}

/** Which batches of an answer a consumer that reads committed does not hand out. Asked in the order of the batches. */
export class AbortedTransactions {
  readonly #pending: Aborted[]
  readonly #open = new Set<number>()

  constructor(aborted: readonly Aborted[]) {
    this.#pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the batch that begins at `at` belongs to one of them. */
  has(bytes: Buffer, at: number): boolean {
    const last = batchLastOffset(bytes, at)
    while (this.#pending.length > 0 && this.#pending[0]!.firstOffset <= last)
      this.#open.add(this.#pending.shift()!.producerId)
    const producer = batchProducerId(bytes, at)
    const attributes = batchAttributes(bytes, at)
    if (isControl(attributes)) {
      if (!readEndMarker(bytes, at).commit) this.#open.delete(producer)
      return false
    }
    return isTransactional(attributes) && this.#open.has(producer)
  }
}
