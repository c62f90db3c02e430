import type { MetadataStore } from './metadata-store.ts'

const BLOCK = 1000

/**
 * Hands out producer ids. A block is reserved durably before its first id leaves the broker, so no id is ever given
 * twice; after a restart the rest of a block is skipped.
 */
export class ProducerIds {
  private next: number
  private reserved: number
  private reserving: Promise<void> | undefined

  constructor(private readonly store: MetadataStore) {
    this.next = store.image.nextProducerId
    this.reserved = this.next
  }

  /** Somebody has this id, whatever the journal says: damage to it must not give an id to two producers. */
  used(producerId: number): void {
    if (producerId < this.next) return
    this.next = producerId + 1
    this.reserved = Math.max(this.reserved, this.next)
  }

  async take(): Promise<number> {
    while (this.next >= this.reserved) await this.reserve()
    return this.next++
  }

  private reserve(): Promise<void> {
    const next = this.reserved + BLOCK
    this.reserving ??= this.store
      .record({ type: 'ProducerIdsReserved', next })
      .then(() => {
        this.reserved = next
      })
      .finally(() => {
        this.reserving = undefined
      })
    return this.reserving
  }
}
