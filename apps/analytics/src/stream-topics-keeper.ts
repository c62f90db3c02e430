import { setTimeout as delay } from 'node:timers/promises'
import { streamTopics } from '#libs/contracts'
import { ensureTopics, type KafkaOptions, kafkaClient } from '#libs/messaging'
import { createLogger, Outage } from '#libs/observability'

const [AGAIN_MS, STOP_MS] = [1_000, 3_000]

/** Creates the topics of the stream before anything else uses them, however long Kafka is away. */
export class StreamTopicsKeeper {
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(
    private readonly kafka: KafkaOptions,
    private readonly whenThere: () => void,
  ) {}

  start(): void {
    this.#running ??= this.#ensure()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    // The client waits for an answer longer than anybody waits for a stop.
    await Promise.race([this.#running, delay(STOP_MS, undefined, { ref: false })])
  }

  async #ensure(): Promise<void> {
    const outage = new Outage(createLogger('topics'), 'creating the topics of the stream')
    while (!this.#stopping.signal.aborted) {
      const admin = kafkaClient(this.kafka, 'briefly').admin()
      try {
        await admin.connect()
        await ensureTopics(admin, this.kafka.brokers.length, streamTopics)
        outage.over()
        if (!this.#stopping.signal.aborted) this.whenThere()
        return
      } catch (error) {
        outage.failed(error)
        await delay(AGAIN_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})
      } finally {
        await admin.disconnect().catch(() => {})
      }
    }
  }
}
