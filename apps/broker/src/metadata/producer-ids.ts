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

  /** `seen`: the highest id that any log holds, so that a lost reservation never brings one back; -1 for none. */
  constructor(
    private readonly store: MetadataStore,
    seen: number,
  ) {
    this.next = Math.max(store.image.nextProducerId, seen + 1)
    this.reserved = this.next
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
