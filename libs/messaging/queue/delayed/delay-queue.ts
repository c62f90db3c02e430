import type { Database } from '#libs/database'
import { WakeUp } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import { DelayedItem } from '../items/delayed-item.ts'
import { ParkedItem } from '../items/parked-item.ts'
import type { QueueConsumer } from '../items/topic-item.ts'
import type { WorkItem } from '../items/work-item.ts'
import { leaseParked, setLeaseOfParked } from '../parked/sql/lease-parked.ts'
import type { Queue } from '../queue.ts'
import { onDelayed } from './delayed-messages.ts'
import { delayState } from './sql/delay-state.ts'
import { leaseDelayed } from './sql/lease-delayed.ts'
import { extendLeases, giveBackLeases } from './sql/leases.ts'

export interface DelayQueueOptions {
  readonly queue: Queue
  readonly consumer: QueueConsumer
  readonly database: Database
  readonly clock: () => Date
  /** So many messages of this queue may be in hand: each has a worker, or the next one that is free. */
  readonly workers: () => number
  readonly onItems: (items: readonly WorkItem[]) => void
}

/** How late a message is noticed that another process delayed, or wants tried again. */
const FLOOR_MS = 1_000
/** After a look that failed. */
const RETRY_MS = 500
/** While something is due that was not a moment ago. */
const SOON_MS = 10
/** While there is work and nobody free for it: the end of a work wakes, too. */
const BUSY_MS = 100

const log = createLogger('delay-queue')

/**
 * Takes the messages of a queue whose time has come: those of its delay queue, and dead letters of which somebody wants
 * another try. They are taken under a lease, which is their due time put off, and which is renewed while they are worked;
 * so those of a process that died are due again when it ends. At rest the table is looked at once a second: a message that
 * is delayed for longer than that is known to every process in time, whoever dies.
 */
export class DelayQueue {
  readonly #wakeUp = new WakeUp()
  readonly #delayed = new Set<DelayedItem>()
  readonly #parked = new Set<ParkedItem>()
  readonly #givenBack: { delayed: DelayedItem[]; parked: ParkedItem[] } = { delayed: [], parked: [] }
  #unregister: () => void = () => {}
  #stopping = false
  #running: Promise<void> | undefined
  #renewAt = 0
  #count = 0
  #isOverdue = false

  constructor(private readonly options: DelayQueueOptions) {}

  start(): void {
    const { database, queue } = this.options
    this.#unregister = onDelayed(database, (name) => {
      if (name === queue.name) this.wake()
    })
    this.#running = this.#run()
  }

  /** Takes nothing any more; to be called before what was taken is given back. */
  pause(): void {
    this.#stopping = true
    this.wake()
  }

  /** After the last message has ended or was given back. */
  async stop(): Promise<void> {
    this.pause()
    this.#unregister()
    await this.#running
    await this.#giveBack().catch((error: unknown) =>
      log.warn('leases are not given back, they end by themselves', { [fields.error]: describeError(error) }),
    )
  }

  wake(): void {
    this.#wakeUp.signal()
  }

  /** Somebody is free again: of interest while something is due that nobody was free for. */
  freed(): void {
    if (this.#isOverdue) this.wake()
  }

  /** Messages that wait here, as of the last look, up to the queue's bound. */
  get count(): number {
    return this.#count
  }

  /** So many wait that no new messages should be taken. */
  get isFull(): boolean {
    return this.#count >= this.options.queue.maxDelayed
  }

  async #run(): Promise<void> {
    while (!this.#stopping || this.#delayed.size + this.#parked.size > 0) {
      let nextMs = RETRY_MS
      try {
        nextMs = await this.#look()
      } catch (error) {
        log.debug('the delay queue waits', { queue: this.options.queue.name, [fields.error]: describeError(error) })
      }
      await this.#wakeUp.wait(nextMs)
    }
  }

  /** Answers when to look again, milliseconds. */
  async #look(): Promise<number> {
    const { database, queue, clock, workers } = this.options
    await this.#giveBack()
    await this.#renew()
    if (this.#stopping) return BUSY_MS
    const free = workers() - this.#delayed.size - this.#parked.size
    const taken = free > 0 ? await this.#take(free) : 0
    const { nextAt, count } = await delayState(database, queue.name, queue.maxDelayed)
    this.#count = count
    const dueInMs = nextAt === null ? FLOOR_MS : nextAt.getTime() - clock().getTime()
    this.#isOverdue = dueInMs <= 0
    if (taken === free && free > 0) return 0
    if (!this.#isOverdue) return Math.min(dueInMs, FLOOR_MS)
    // It has become due since it was looked, or another process is taking it.
    return taken < free ? SOON_MS : BUSY_MS
  }

  async #take(free: number): Promise<number> {
    const { database, queue, consumer, clock, onItems } = this.options
    const now = clock()
    const until = new Date(now.getTime() + queue.visibilityMs)
    const rows = await leaseDelayed(database, queue.name, now, until, free)
    const delayed = rows.map((row) => new DelayedItem(consumer, row, queue.deaths, this.#delayedLeases))
    const rest = free - rows.length
    const dead = rest > 0 ? await leaseParked(database, consumer.service, queue.name, now, until, rest) : []
    const parked = dead.map((row) => new ParkedItem(consumer, row, this.#parkedLeases))
    for (const item of delayed) this.#delayed.add(item)
    for (const item of parked) this.#parked.add(item)
    if (rows.length + dead.length > 0) onItems([...delayed, ...parked])
    return rows.length + dead.length
  }

  async #renew(): Promise<void> {
    const { database, queue, clock } = this.options
    if (performance.now() < this.#renewAt || this.#delayed.size + this.#parked.size === 0) return
    const until = new Date(clock().getTime() + queue.visibilityMs)
    const items = [...this.#delayed]
    const ours = await extendLeases(
      database,
      items.map(({ row }) => row),
      until,
    )
    for (const item of items) if (this.#delayed.has(item) && !ours.has(item.row.id)) item.lose()
    await setLeaseOfParked(
      database,
      [...this.#parked].map(({ row }) => row.id),
      until,
    )
    this.#renewAt = performance.now() + queue.visibilityMs / 3
  }

  async #giveBack(): Promise<void> {
    const { database, clock } = this.options
    const { delayed, parked } = this.#givenBack
    if (delayed.length > 0) {
      await giveBackLeases(
        database,
        delayed.map(({ row }) => row),
        clock(),
      )
      delayed.length = 0
    }
    if (parked.length > 0) {
      await setLeaseOfParked(
        database,
        parked.map(({ row }) => row.id),
        clock(),
      )
      parked.length = 0
    }
  }

  readonly #delayedLeases = {
    ended: (item: DelayedItem) => void this.#delayed.delete(item),
    givenBack: (item: DelayedItem) => {
      if (this.#delayed.delete(item)) this.#givenBack.delayed.push(item)
    },
  }

  readonly #parkedLeases = {
    ended: (item: ParkedItem) => void this.#parked.delete(item),
    givenBack: (item: ParkedItem) => {
      if (this.#parked.delete(item)) this.#givenBack.parked.push(item)
    },
  }
}
