import { type CustomTransportStrategy, Server } from '@nestjs/microservices'
import { type Topic, topicsKeptBy } from '#libs/contracts'
import type { Database, GroupCommit } from '#libs/database'
import { counter, histogram, metrics } from '#libs/observability'
import { BatchProcessor } from './batch-processor.ts'
import type { RecordResult } from './batch-work.ts'
import type { ConsumerContext } from './consumer-context.ts'
import { GroupConsumer } from './group-consumer.ts'
import { handlerTable } from './handler-table.ts'
import type { HandlersOf, HandlerTable } from './handlers.ts'
import type { IncomingRecord } from './incoming-record.ts'
import { Redriver } from './parking/redriver.ts'
import { Retrier } from './parking/retrier.ts'
import { defaultRetryPolicy, type RetryPolicy } from './parking/retry-policy.ts'

export interface KafkaBatchServerOptions {
  /** Its consumer group, its name in the inbox and, as `/waybill/<service>`, the source of what it says. */
  readonly service: string
  readonly brokers: readonly string[]
  /** The process that it is part of, whose topics it sees to. Default: the service. */
  readonly process?: string
  /** What the service does with each type of message; their topics are what it consumes, every type on them included. */
  readonly handlers: Partial<HandlersOf<Topic>>
  readonly database: Database
  readonly groupCommit: GroupCommit
  /**
   * The handlers recognise a message that they have handled before and do nothing: there is no inbox to ask. For read
   * models, whose rows can tell. Default false.
   */
  readonly recognisesDuplicates?: boolean
  /** What nobody can read is passed over: whoever else consumes the topic parks it. Default false. */
  readonly passesOverUnreadable?: boolean
  readonly retryPolicy?: RetryPolicy
  /** Topics that the service works as queues: what of them is parked is not retried here. */
  readonly queues?: readonly string[]
}

/**
 * Nest's transport for Kafka that the framework lacks: handlers of which a whole batch of records shares one database
 * transaction with everything they write, in order, with parking instead of blocking or dropping. Offsets are committed after the transaction: at least once from the broker, exactly once in effect.
 */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  #consumer: GroupConsumer | undefined
  #retrier: Retrier | undefined
  #redriver: Redriver | undefined
  readonly #handlers: HandlerTable
  readonly #topics: readonly Topic[]

  /** Throws when a type of one of its topics has no handler. */
  constructor(private readonly options: KafkaBatchServerOptions) {
    super()
    const { table, topics } = handlerTable(options.handlers)
    this.#handlers = table
    this.#topics = topics
  }

  /** Begins to consume; whether the broker can be reached is `check`'s to say. */
  listen(callback: (error?: unknown) => void): void {
    try {
      this.#start()
      callback()
    } catch (error) {
      callback(error)
    }
  }

  async close(): Promise<void> {
    await this.#consumer?.stop()
    await this.#redriver?.stop()
    await this.#retrier?.stop()
  }

  /** Rejects, saying why, when this process does not consume: the service's readiness check. */
  async check(): Promise<void> {
    if (this.#consumer === undefined) throw new Error('has not started to consume')
    await this.#consumer.check()
  }

  /** Somebody wants parked messages to be tried now. */
  wakeRetries(): void {
    this.#redriver?.wake()
    this.#retrier?.wake()
  }

  on(): never {
    throw new Error('KafkaBatchServer emits no events')
  }

  unwrap<T>(): T {
    throw new Error('KafkaBatchServer keeps its client to itself')
  }

  #start(): void {
    const { service, brokers, database, groupCommit, retryPolicy, queues = [] } = this.options
    const { recognisesDuplicates = false, passesOverUnreadable = false } = this.options
    const [handlers, topics] = [this.#handlers, this.#topics]
    const context: ConsumerContext = {
      consumer: service,
      source: `/waybill/${service}`,
      handlers,
      recognisesDuplicates,
      passesOverUnreadable,
    }
    const policy = retryPolicy ?? defaultRetryPolicy
    const retrier = new Retrier({ context, database, groupCommit, policy, queues })
    const processor = new BatchProcessor({
      context,
      database,
      groupCommit,
      retryPolicy: policy,
      onParked: () => retrier.wake(),
      onResults: measureResults(),
    })
    this.#retrier = retrier
    this.#redriver = new Redriver({ database, consumer: service, onReleased: () => retrier.wake() })
    this.#consumer = new GroupConsumer({
      ...{ brokers, clientId: service, groupId: service, topics, handlers, processor },
      keeps: topicsKeptBy(this.options.process ?? service),
    })
    retrier.start()
    this.#redriver.start()
    this.#consumer.start()
  }
}

const measureResults = (): ((records: readonly IncomingRecord[], results: readonly RecordResult[]) => void) => {
  const messages = counter(metrics.messaging.messages)
  const sizes = histogram(metrics.messaging.batchSize)
  return (records, results) => {
    const { topic } = records[0]!.position
    sizes.observe({ topic }, records.length)
    const counts = new Map<string, { readonly type: string; readonly result: string; count: number }>()
    for (const [i, { outcome: result }] of results.entries()) {
      const { content } = records[i]!
      // Of what nobody here knows, the type is whatever its sender likes.
      const type = content.kind === 'message' ? content.message.type : 'none'
      const counted = counts.get(`${type} ${result}`) ?? { type, result, count: 0 }
      counted.count++
      counts.set(`${type} ${result}`, counted)
    }
    for (const { type, result, count } of counts.values()) messages.inc({ topic, type, result }, count)
  }
}
