import type { Topics } from './topics.ts'

const BLOCK = 1000

/**
 * Hands out producer ids. A block is reserved durably before its first id leaves the broker, so no id is ever given
 * twice; after a restart the rest of a block is skipped.
 */
export class ProducerIds {
  private next: number
  private reserved: number
  private reserving: Promise<void> | undefined
  private readonly topics: Topics

  constructor(topics: Topics) {
    this.topics = topics
    this.next = topics.nextProducerId
    this.reserved = this.next
  }

  async take(): Promise<number> {
    while (this.next >= this.reserved) await this.reserve()
    return this.next++
  }

  private reserve(): Promise<void> {
    this.reserving ??= this.topics
      .reserveProducerIds(this.reserved + BLOCK)
      .then(() => {
        this.reserved += BLOCK
      })
      .finally(() => {
        this.reserving = undefined
      })
    return this.reserving
  }
}
