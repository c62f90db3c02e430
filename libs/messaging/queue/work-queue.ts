import type { MessageType } from '#libs/contracts'
import type { Database, GroupCommit } from '#libs/database'
import { claimedMessages } from '#libs/inbox'
import { createLogger, describeError, fields, gauge, metrics } from '#libs/observability'
import { DelayQueue } from './delayed/delay-queue.ts'
import { inboxOf } from './enqueue.ts'
import { groupOf } from './group-of.ts'
import { type QueueConsumer, TopicItem } from './items/topic-item.ts'
import type { Queue } from './queue.ts'
import type { Delivery } from './share/delivery.ts'
import { ShareConsumer } from './share/share-consumer.ts'
import type { ShareObserver } from './share/share-session.ts'
import type { QueueHandler } from './work.ts'
import { WorkRunner } from './work-runner.ts'
import { WorkerPool } from './worker-pool.ts'

export interface WorkQueueOptions<T extends MessageType = MessageType> {
  readonly service: string
  readonly brokers: readonly string[]
  readonly queue: Queue<T>
  readonly handler: QueueHandler<NoInfer<T>>
  readonly database: Database
  readonly groupCommit: GroupCommit
  /** Says when a delayed message is due. */
  readonly clock?: () => Date
  readonly observer?: ShareObserver
}

/** As often as Kafka allows by default. From one time before that on, a record is worked from the delay queue. */
const DELIVERY_LIMIT = 10
/** Between tries to ask the database which messages were worked before, milliseconds. */
const ASK_AGAIN_MS = { first: 50, longest: 1_000 }

const log = createLogger('queue')
const workers = gauge(metrics.queue.workers)

/** One queue, worked by this process among others. */
export class WorkQueue<T extends MessageType = MessageType> {
  readonly #consumer: QueueConsumer
  readonly #share: ShareConsumer
  readonly #delayed: DelayQueue
  readonly #pool: WorkerPool
  /** Messages of the topic that are here, by id, and copies of them that wait for what becomes of the first. */
  readonly #inHand = new Map<string, { readonly item: TopicItem; readonly copies: TopicItem[] }>()
  /** Fetched, and not yet in the pool. */
  #arriving = 0
  #stopping = false

  constructor(private readonly options: WorkQueueOptions<T>) {
    const { service, brokers, queue, clock = () => new Date() } = options
    const types = new Set<string>(queue.types)
    this.#consumer = { service, queue: queue.name, inbox: inboxOf(queue.name), isKnown: (type) => types.has(type) }
    const runner = new WorkRunner({ ...options, handler: options.handler as unknown as QueueHandler, clock })
    this.#pool = new WorkerPool({
      workers: queue.workers,
      work: (item, stopped) => runner.work(item, stopped),
      onRoom: () => {
        this.#share.wake()
        this.#delayed.freed()
      },
    })
    this.#delayed = new DelayQueue({
      ...{ queue, consumer: this.#consumer, database: options.database, clock },
      workers: () => this.#pool.size,
      onItems: (items) => this.#pool.add(items, 'first'),
    })
    this.#share = new ShareConsumer({
      ...{ brokers, clientId: service, groupId: groupOf(service, queue.name), topic: queue.name },
      settings: { lockMs: queue.visibilityMs, deliveryLimit: DELIVERY_LIMIT },
      room: () => (this.#stopping || this.#delayed.isFull ? 0 : Math.max(0, this.#pool.room - this.#arriving)),
      onDeliveries: (deliveries) => void this.#arrived(deliveries),
      observer: options.observer,
    })
  }

  get queue(): Queue<T> {
    return this.options.queue
  }

  /** Returns at once; broker and database need not be there yet. */
  start(): void {
    workers.set({ queue: this.queue.name }, this.#pool.size)
    this.#delayed.start()
    this.#share.start()
  }

  /** Waits `graceMs` for handlers, gives back what has not ended, and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#delayed.pause()
    await this.#pool.stop(this.queue.graceMs)
    await this.#share.stop()
    await this.#delayed.stop()
  }

  /** Rejects, saying why, when this process takes no messages. */
  check(): Promise<void> {
    return this.#share.check()
  }

  /** How many messages this process works on at a time, from now on; 0 pauses it. */
  setWorkers(count: number): void {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`${count} workers`)
    workers.set({ queue: this.queue.name }, count)
    this.#pool.resize(count)
  }

  get workers(): number {
    return this.#pool.size
  }

  /** Messages that are neither worked nor dead: in the topic and in the delay queue. Rejects while the broker is away. */
  async depth(): Promise<{ readonly waiting: number; readonly delayed: number }> {
    return { waiting: await this.#share.lag(), delayed: this.#delayed.count }
  }

  async #arrived(deliveries: readonly Delivery[]): Promise<void> {
    const limit = this.#share.deliveryLimit ?? DELIVERY_LIMIT
    const items = deliveries.map((delivery) => new TopicItem(this.#consumer, delivery, limit, this.#settled))
    this.#arriving += items.length
    try {
      const claimed = await this.#claimedBefore(items)
      if (claimed === undefined) for (const item of items) item.giveBack()
      else this.#pool.add(items.filter((item) => this.#isToBeWorked(item, claimed)))
    } finally {
      this.#arriving -= items.length
      this.#share.wake()
    }
  }

  /** Waits as long as the database is away; undefined after a stop. */
  async #claimedBefore(items: readonly TopicItem[]): Promise<ReadonlySet<string> | undefined> {
    const ids = items.flatMap(({ id }) => id ?? [])
    for (let waitMs = ASK_AGAIN_MS.first; !this.#stopping; waitMs = Math.min(ASK_AGAIN_MS.longest, waitMs * 2)) {
      try {
        return await claimedMessages(this.options.database, this.#consumer.inbox, ids)
      } catch (error) {
        log.debug('a queue waits for the database', { queue: this.queue.name, [fields.error]: describeError(error) })
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
    return undefined
  }

  /** It is neither a duplicate nor a copy of one that is here. */
  #isToBeWorked(item: TopicItem, claimed: ReadonlySet<string>): boolean {
    const { id } = item
    if (id === undefined) return true
    if (claimed.has(id)) {
      item.ended()
      return false
    }
    const first = this.#inHand.get(id)
    if (first === undefined) this.#inHand.set(id, { item, copies: [] })
    else first.copies.push(item)
    return first === undefined
  }

  readonly #settled = (item: TopicItem, how: 'ended' | 'given back'): void => {
    const inHand = item.id === undefined ? undefined : this.#inHand.get(item.id)
    if (inHand?.item !== item) return
    this.#inHand.delete(item.id!)
    for (const copy of inHand.copies) {
      if (how === 'ended') copy.ended()
      else copy.giveBack()
    }
  }
}
