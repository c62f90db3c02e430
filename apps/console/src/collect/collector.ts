import { type ShopEvent, writeShopEvent } from '#libs/contracts'
import { Problem } from '#libs/http'
import { type KafkaOptions, StreamProducer } from '#libs/messaging'

/** What the gateway holds of events that Kafka has not taken yet: some 10 MB. */
const MOST_WAITING = 20_000
/** A page waits no longer; what was sent may still arrive then, and is known by its id when it is sent again. */
const PATIENCE_MS = 8_000

/** The way of browsers' events into `shop-events`: its producer is opened when the first ones come. */
export class Collector {
  #producer: Promise<StreamProducer> | undefined

  constructor(
    private readonly kafka: KafkaOptions,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * Resolves when the leaders have all of them.
   * @throws Problem 429 when no more can be held at the moment, 503 when the topic is not there or Kafka is away.
   */
  async collect(events: readonly ShopEvent[]): Promise<void> {
    const producer = await this.#open()
    if (producer.room < events.length) throw overloaded
    const settled = new Set(events.map((event) => producer.offer(event.session, writeShopEvent(event))))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(unavailable(`Kafka did not take them in ${this.patienceMs / 1_000} s`)),
        this.patienceMs,
      )
    })
    try {
      await Promise.race([Promise.all(settled), late])
    } catch (error) {
      throw error instanceof Problem ? error : unavailable((error as Error).message)
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    const producer = await this.#producer?.catch(() => undefined)
    producer?.close()
  }

  async #open(): Promise<StreamProducer> {
    const options = {
      ...this.kafka,
      topic: 'shop-events',
      acks: 1,
      compression: 'snappy',
      maxWaiting: MOST_WAITING,
    } as const
    this.#producer ??= StreamProducer.open(options)
    try {
      return await this.#producer
    } catch (error) {
      this.#producer = undefined
      throw unavailable((error as Error).message)
    }
  }
}

const overloaded = new Problem(429, {
  type: 'too-many-requests',
  detail: 'more events are waiting than can be held; send them again in a second',
  headers: { 'retry-after': '1' },
})
const unavailable = (why: string): Problem =>
  new Problem(503, {
    type: 'unavailable',
    detail: `the events may not have arrived: ${why}`,
    headers: { 'retry-after': '2' },
  })
