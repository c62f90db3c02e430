import type { Controller } from './controller.ts'

const BLOCK = 1000

/**
 * Hands out producer ids. A block is reserved durably before its first id leaves the broker, so no id is ever given
 * twice; after a restart the rest of a block is skipped.
 */
export class ProducerIds {
  private next: number
  private reserved: number
  private reserving: Promise<void> | undefined

  constructor(private readonly controller: Controller) {
    this.next = controller.nextProducerId
    this.reserved = this.next
  }

  /** Somebody has this id, whatever the journal says: damage to it must not give an id to two producers. */
  used(producerId: number): void {
    if (producerId < this.next) return
    this.next = producerId + 1
    this.reserved = Math.max(this.reserved, this.next)
  }

  /** Rejects with StorageError. */
  async take(): Promise<number> {
    while (this.next >= this.reserved) await this.reserve()
    return this.next++
  }

  private reserve(): Promise<void> {
    const end = this.reserved + BLOCK
    this.reserving ??= this.controller
      .reserveProducerIds(end)
      .then(() => {
        this.reserved = end
      })
      .finally(() => {
        this.reserving = undefined
      })
    return this.reserving
  }
}
