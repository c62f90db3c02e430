import type { Topic } from '#libs/contracts'
import type { OutboxRecord } from './hand-over.ts'
import type { Publisher } from './publisher.ts'

/** One batch on its way to the broker. */
export class Publishing {
  /** Nobody has said that the broker has these. */
  readonly waiting: Set<OutboxRecord>
  /** Resolves when the publisher is through with the batch, to its error if it has not said so of all. */
  readonly settled: Promise<unknown>

  constructor(
    publisher: Publisher,
    readonly batch: readonly OutboxRecord[],
    /** The broker has these now. */
    private readonly onAcknowledged: (rows: readonly OutboxRecord[]) => void,
  ) {
    this.waiting = new Set(batch)
    this.settled = this.#publish(publisher)
  }

  async #publish(publisher: Publisher): Promise<unknown> {
    const records = this.batch.map(({ topic, key, value, headers }) => ({
      topic: topic as Topic,
      record: { key, value, headers },
    }))
    try {
      await publisher.publish(records, (places) => this.#acknowledged(places.map((place) => this.batch[place]!)))
      this.#acknowledged([...this.waiting])
      return undefined
    } catch (error) {
      return error
    }
  }

  #acknowledged(rows: readonly OutboxRecord[]): void {
    if (rows.length === 0) return
    for (const row of rows) this.waiting.delete(row)
    this.onAcknowledged(rows)
  }
}
