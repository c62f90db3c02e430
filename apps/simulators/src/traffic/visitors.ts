import { type KafkaOptions, StreamProducer, topicOffsets } from '#libs/messaging'
import { createLogger, describeError, fields } from '#libs/observability'
import { readShop, runTraffic, type Shop, type TrafficOptions, type TrafficProgress } from '#libs/traffic'
import { refusal } from '../refusal.ts'

const TOPIC = 'shop-events'
/** The memory of a process with a small heap. Records. */
const MOST_WAITING = 30_000

export interface TrafficRun extends TrafficProgress {
  readonly state: 'running' | 'done' | 'stopped' | 'failed'
  readonly options: TrafficOptions & { readonly acks: 0 | 1 }
  readonly startedAt: string
  /** Taken by the broker; with `acks` 0: sent, and nobody knows. */
  readonly acknowledged: number
  /** Given up after several tries. */
  readonly failed: number
  /** With `acks` 0, at the end: those that the topic does not have, if nobody else sent any meanwhile. */
  readonly lost?: number
  readonly error?: string
}

const NOTHING: TrafficProgress = { sent: 0, late: 0, duplicates: 0, elapsedMs: 0, behindMs: 0 }
const log = createLogger('traffic')

/** Visitors of the shop, made up: one run at a time, sent straight to the topic as a shop's own collectors would. */
export class Visitors {
  #run: TrafficRun | undefined
  #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(
    private readonly kafka: KafkaOptions | undefined,
    private readonly files: { readonly products: string; readonly customers: string },
  ) {}

  get run(): TrafficRun | undefined {
    return this.#run
  }

  /** @throws Problem 409 while there are some, 503 when the topic is not there, 501 when nobody said where Kafka is. */
  async start(options: TrafficRun['options']): Promise<TrafficRun> {
    if (this.kafka === undefined) throw refusal(501, 'no_kafka', 'the simulators were not told where Kafka is')
    if (this.#run?.state === 'running') throw refusal(409, 'already_running', 'there are visitors; stop them first')
    const begun: TrafficRun = {
      ...{ ...NOTHING, state: 'running', options, startedAt: new Date().toISOString(), acknowledged: 0, failed: 0 },
    }
    this.#run = begun
    this.#stop = new AbortController()
    try {
      const shop = await readShop(this.files)
      const before = await this.#stored()
      const { acks } = options
      const producer = await StreamProducer.open({
        ...this.kafka,
        topic: TOPIC,
        acks,
        compression: 'snappy',
        maxWaiting: MOST_WAITING,
      })
      this.#running = this.#send(begun, shop, producer, before)
    } catch (error) {
      this.#run = { ...begun, state: 'failed', error: describeError(error) }
      throw refusal(503, 'unavailable', `no event can be sent: ${(error as Error).message}`)
    }
    return this.#run
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #send(begun: TrafficRun, shop: Shop, producer: StreamProducer, before: number): Promise<void> {
    const { options } = begun
    const sink = {
      take: (key: string, value: string) => producer.offer(key, value) !== undefined,
      untilRoom: () => producer.untilRoom(),
    }
    const now = (progress: TrafficProgress, state: TrafficRun['state']): TrafficRun => {
      const { acknowledged, failed } = producer.counts
      return { ...begun, ...progress, state, acknowledged, failed }
    }
    try {
      const progress = await runTraffic(options, shop, sink, {
        signal: this.#stop.signal,
        onProgress: (so) => {
          this.#run = now(so, 'running')
        },
      })
      await producer.flush()
      const ended = now(progress, this.#stop.signal.aborted ? 'stopped' : 'done')
      const lost = options.acks === 0 ? { lost: Math.max(0, ended.sent - ((await this.#stored()) - before)) } : {}
      this.#run = { ...ended, ...lost }
      log.info('the visitors have left', { [fields.count]: ended.sent })
    } catch (error) {
      log.warn('the visitors cannot go on', { [fields.error]: error })
      this.#run = { ...now(this.#run ?? NOTHING, 'failed'), error: describeError(error) }
    } finally {
      producer.close()
    }
  }

  async #stored(): Promise<number> {
    const partitions = (await topicOffsets(this.kafka!, [TOPIC])).get(TOPIC) ?? []
    return partitions.reduce((sum, { latest }) => sum + latest, 0)
  }
}
