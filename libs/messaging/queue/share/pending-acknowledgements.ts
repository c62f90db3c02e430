import type { Acknowledgement, Place } from './delivery.ts'

export interface PartitionAcknowledgements {
  readonly topicId: string
  readonly partition: number
  readonly batches: readonly AcknowledgementBatch[]
}

/** Neighbouring offsets, the last included, and one type for all or one for each. */
export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly acknowledgeTypes: readonly Acknowledgement[]
}

/** What is to be told with the next request of a session. */
export class PendingAcknowledgements {
  readonly #partitions = new Map<
    string,
    { at: Pick<Place, 'topicId' | 'partition'>; types: Map<number, Acknowledgement> }
  >()

  get isEmpty(): boolean {
    return this.#partitions.size === 0
  }

  add({ topicId, partition, offset }: Place, type: Acknowledgement): void {
    const key = `${topicId}:${partition}`
    const known = this.#partitions.get(key)
    if (known === undefined) this.#partitions.set(key, { at: { topicId, partition }, types: new Map([[offset, type]]) })
    else known.types.set(offset, type)
  }

  /** All of them; none are left. */
  take(): PartitionAcknowledgements[] {
    const taken = Array.from(this.#partitions.values(), ({ at, types }) => ({ ...at, batches: batchesOf(types) }))
    this.#partitions.clear()
    return taken
  }
}

/** In order, as few as it takes. */
export const batchesOf = (types: ReadonlyMap<number, Acknowledgement>): AcknowledgementBatch[] => {
  const batches: { firstOffset: number; lastOffset: number; acknowledgeTypes: Acknowledgement[] }[] = []
  for (const [offset, type] of [...types].sort(([a], [b]) => a - b)) {
    const last = batches.at(-1)
    if (last === undefined || last.lastOffset + 1 !== offset)
      batches.push({ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [type] })
    else {
      last.lastOffset = offset
      last.acknowledgeTypes.push(type)
    }
  }
  return batches.map((batch) => {
    const [first, ...others] = batch.acknowledgeTypes
    return others.every((type) => type === first) ? { ...batch, acknowledgeTypes: [first!] } : batch
  })
}
