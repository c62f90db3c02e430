import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type AnyMessage,
  type DataOf,
  decode,
  encode,
  type Message,
  type MessageType,
  type ReplyType,
  type RequestType,
  topicOf,
  topicsKeptBy,
  uuidFrom,
} from '#libs/contracts'
import { GroupReader, type KafkaOptions, type KafkaPublisher, kafkaPublisher, type TopicRecord } from '#libs/messaging'
import { counter, createLogger, describeError, fields, metrics } from '#libs/observability'
import { addressedTo, type ReturnAddress, returnAddressOf } from './return-address.ts'
import { SendQueue } from './send-queue.ts'

/** Anybody waits, at most, whatever the deadline says: clocks differ. */
const LONGEST_MS = 60_000
/** Before a reply that did not get through is sent again. */
const PAUSE_MS = 100

/** What is replied to one question. */
export type Reply<T extends RequestType> = { [R in ReplyType<T>]: { type: R; data: DataOf<R> } }[ReplyType<T>]

/**
 * What a service replies to each type of question that it is asked. Replying changes nothing: the same question may be
 * asked, and replied to, several times. `signal` aborts when nobody waits for the reply any more.
 */
export type Replies<T extends RequestType = RequestType> = {
  readonly [Q in T]: (question: Message<Q>, signal: AbortSignal) => Promise<Reply<Q>>
}
type AnyReplies = Readonly<Record<string, (question: never, signal: AbortSignal) => Promise<Reply<RequestType>>>>

export interface ResponderOptions extends KafkaOptions {
  /** Who is asked; its group is `<service>-requests`. */
  readonly service: string
  /**
   * Of this process among those of the service, and the same from start to start: one that was killed takes up the questions
   * of its partitions as soon as it is there again. By default it is another one each time, and they wait until it is missed.
   */
  readonly instanceId?: string
  /** All of them to questions of one topic. */
  readonly replies: Partial<Replies>
}

type Result = 'answered' | 'failed' | 'expired' | 'unreadable' | 'unanswered'

/**
 * Replies to the questions on a topic, in a consumer group: one that nobody took up waits for who comes next, until its
 * deadline. Not a part of the service's own consumer, so that no question waits behind commands, nor they behind it.
 */
export class Responder {
  readonly #log = createLogger('responder')
  readonly #publisher: KafkaPublisher
  readonly #sending: SendQueue
  readonly #questions: GroupReader
  readonly #replies: AnyReplies
  readonly #requests = counter(metrics.requestReply.requests)

  constructor(private readonly options: ResponderOptions) {
    const { service, brokers, replies, instanceId = randomUUID() } = options
    this.#replies = replies as AnyReplies
    const [topic, ...others] = new Set((Object.keys(replies) as RequestType[]).map(topicOf))
    if (topic === undefined || others.length > 0) throw new Error(`${service} replies to the questions of one topic`)
    this.#publisher = kafkaPublisher(options)
    this.#sending = new SendQueue(this.#publisher)
    const name = `${service}-requests`
    this.#questions = new GroupReader({
      ...{ brokers, clientId: name, groupId: name, instanceId, topic, keeps: topicsKeptBy(service) },
      handle: (record) => this.#handle(record),
    })
  }

  /** Returns at once; the broker need not be there yet. */
  start(): void {
    this.#questions.start()
  }

  /** Resolves when what was taken up is replied to. */
  async stop(): Promise<void> {
    await this.#questions.stop()
    await this.#sending.idle()
    await this.#publisher.close()
  }

  /** Rejects, saying why, when this process takes up no questions. */
  check(): Promise<void> {
    return this.#questions.check()
  }

  /** Never rejects: a question is not worth asking again. */
  async #handle(record: TopicRecord): Promise<void> {
    const result = await this.#settle(record)
    this.#requests.inc({ topic: record.topic, result })
  }

  async #settle(record: TopicRecord): Promise<Result> {
    const address = returnAddressOf(record)
    const decoded = decode(record)
    if (!decoded.ok || address === undefined || !Object.hasOwn(this.#replies, decoded.message.type)) {
      const detail = decoded.ok ? `${decoded.message.type} without a return address or a reply` : decoded.detail
      this.#log.warn('question not understood', { [fields.topic]: record.topic, detail })
      return 'unreadable'
    }
    const { message } = decoded
    const ms = Math.min(address.deadline - Date.now(), LONGEST_MS)
    if (ms <= 0) return 'expired'
    const signal = AbortSignal.timeout(ms)
    const reply = await this.#replyTo(message, signal)
    if (!(await this.#send(message, reply, address, signal))) return 'unanswered'
    return reply.type === 'request.failed' ? 'failed' : 'answered'
  }

  async #replyTo(question: AnyMessage, signal: AbortSignal): Promise<{ type: MessageType; data: unknown }> {
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    try {
      return await Promise.race([this.#replies[question.type]!(question as never, signal), late])
    } catch (error) {
      this.#log.warn('question not answered', { [fields.messageType]: question.type, [fields.error]: error })
      return { type: 'request.failed', data: { detail: describeError(error) } }
    }
  }

  /** Until it got through, or nobody waits any more. */
  async #send(
    { correlationId, subject, traceparent, id }: AnyMessage,
    { type, data }: { type: MessageType; data: unknown },
    address: ReturnAddress,
    signal: AbortSignal,
  ): Promise<boolean> {
    const message = {
      ...{ id: uuidFrom(`reply ${id}`), type, source: `/waybill/${this.options.service}`, subject, data },
      ...{ time: new Date().toISOString(), key: correlationId, correlationId, causationId: id },
      ...(traceparent === undefined ? {} : { traceparent }),
    } as Message
    const record = addressedTo(encode(message), address)
    while (!signal.aborted) {
      try {
        await this.#sending.send({ topic: address.topic, partition: address.partition, record })
        return true
      } catch (error) {
        this.#log.debug('reply not sent', { [fields.correlationId]: correlationId, [fields.error]: error })
        await delay(PAUSE_MS, undefined, { ref: false })
      }
    }
    return false
  }
}
