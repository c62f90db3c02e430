import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DataOf,
  decode,
  encode,
  type Message,
  type ReplyType,
  type RequestType,
  repliesTo,
  topicOf,
} from '#libs/contracts'
import {
  type KafkaOptions,
  type KafkaPublisher,
  kafkaPublisher,
  PartitionFollower,
  type TopicRecord,
} from '#libs/messaging'
import { counter, createLogger, fields, histogram, metrics } from '#libs/observability'
import { type Answer, InFlight } from './in-flight.ts'
import { addresseeOf, REPLY_TOPIC, withReturnAddress } from './return-address.ts'
import { SendQueue } from './send-queue.ts'

/** Before a question that did not get through is sent again. */
const PAUSE_MS = 100
const MOST_IN_FLIGHT = 2_000

export interface RequesterOptions extends KafkaOptions {
  /** Who asks, as `/waybill/<service>`. */
  readonly service: string
  /** Questions that wait for their reply at a time. Default 2,000. */
  readonly mostInFlight?: number
}

/** A question beside what it asks. */
export interface Question<T extends RequestType> {
  readonly type: T
  readonly data: DataOf<T>
  /** What it is about and brought about by, e.g. a quote. */
  readonly subject: string
  readonly traceparent?: string
  /** How long anybody waits for the reply, milliseconds. */
  readonly withinMs: number
}

/** Asks questions over topics, and is told the replies: this very process, whatever becomes of groups and rollouts. */
export class Requester {
  readonly #log = createLogger('requester')
  readonly #id = randomUUID()
  readonly #inFlight: InFlight
  readonly #publisher: KafkaPublisher
  readonly #sending: SendQueue
  readonly #replies: PartitionFollower
  readonly #asked = counter(metrics.requestReply.asked)
  readonly #duration = histogram(metrics.requestReply.duration)
  readonly #late = counter(metrics.requestReply.lateReplies)

  constructor(private readonly options: RequesterOptions) {
    this.#inFlight = new InFlight(options.mostInFlight ?? MOST_IN_FLIGHT)
    this.#publisher = kafkaPublisher(options)
    this.#sending = new SendQueue(this.#publisher)
    this.#replies = new PartitionFollower({
      ...options,
      topic: REPLY_TOPIC,
      // Any will do: so processes spread over what there is.
      choose: (partitions) => Math.floor(Math.random() * partitions),
      onRecord: (record) => this.#received(record),
    })
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#replies.start()
  }

  /** Whoever still waits is told that nobody answered. */
  async stop(): Promise<void> {
    this.#inFlight.giveUp()
    await this.#replies.stop()
    await this.#sending.idle()
    await this.#publisher.close()
  }

  /** Rejects, saying why, while no reply could be read. */
  check(): Promise<void> {
    return this.#replies.check()
  }

  /** Resolves by the question's deadline, whatever happens. */
  async ask<T extends RequestType>(question: Question<T>): Promise<Answer<Message<ReplyType<T>>>> {
    const { type, withinMs } = question
    const correlationId = randomUUID()
    const deadline = Date.now() + withinMs
    const done = this.#duration.startTimer({ type })
    const answered = this.#inFlight.wait(correlationId, withinMs)
    if (this.#inFlight.isWaiting(correlationId)) void this.#send(question, correlationId, deadline)
    const answer = await answered
    if (answer.outcome === 'answered' || answer.outcome === 'failed') done()
    this.#asked.inc({ type, outcome: answer.outcome })
    if (answer.outcome !== 'answered' || (repliesTo[type] as readonly string[]).includes(answer.reply.type))
      return answer as Answer<Message<ReplyType<T>>>
    return { outcome: 'failed', detail: `${type} was replied with ${answer.reply.type}` }
  }

  /** Until it got through, or nobody waits any more: asked twice, it is replied to twice, and the first reply counts. */
  async #send(question: Question<RequestType>, correlationId: string, deadline: number): Promise<void> {
    const { type, data, subject, traceparent } = question
    const message = {
      ...{ id: correlationId, type, source: `/waybill/${this.options.service}`, subject, key: correlationId },
      ...{ time: new Date().toISOString(), correlationId, causationId: subject, data },
      ...(traceparent === undefined ? {} : { traceparent }),
    } as Message
    while (this.#inFlight.isWaiting(correlationId)) {
      // No question leaves before it is certain that its reply will be seen.
      const partition = await this.#replies.positioned()
      if (!this.#inFlight.isWaiting(correlationId)) return
      const address = { partition, requester: this.#id, deadline }
      try {
        await this.#sending.send({ topic: topicOf(type), record: withReturnAddress(encode(message), address) })
        return
      } catch (error) {
        this.#log.debug('question not sent', { [fields.correlationId]: correlationId, [fields.error]: error })
        await delay(PAUSE_MS, undefined, { ref: false })
      }
    }
  }

  #received(record: TopicRecord): void {
    if (addresseeOf(record) !== this.#id) return
    const decoded = decode(record)
    if (!decoded.ok) {
      this.#log.error('reply not understood', { reason: decoded.reason, detail: decoded.detail })
      return
    }
    if (this.#inFlight.reply(decoded.message)) return
    this.#late.inc()
    this.#log.debug('late reply dropped', { [fields.correlationId]: decoded.message.correlationId })
  }
}
