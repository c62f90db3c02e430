import type { KafkaPublisher, OutgoingRecord } from '#libs/messaging'

interface Queued {
  readonly record: OutgoingRecord
  readonly sent: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Hands records to the publisher one publish at a time, as it wants it; what comes up meanwhile is the next one. So a
 * record waits for nobody at rest, and shares its round trip with many under load.
 */
export class SendQueue {
  #queued: Queued[] = []
  #sending: Promise<void> | undefined

  constructor(private readonly publisher: Pick<KafkaPublisher, 'publish'>) {}

  /** Resolves when the brokers have it; rejects when it is not known whether they do. */
  send(record: OutgoingRecord): Promise<void> {
    return new Promise((sent, failed) => {
      this.#queued.push({ record, sent, failed })
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined
      })
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    // What is asked for in the same turn leaves together.
    await Promise.resolve()
    while (this.#queued.length > 0) {
      const round = this.#queued
      this.#queued = []
      try {
        await this.publisher.publish(
          round.map(({ record }) => record),
          (places) => {
            for (const place of places) round[place]!.sent()
          },
        )
        for (const { sent } of round) sent()
      } catch (error) {
        for (const { failed } of round) failed(error)
      }
    }
  }
}
