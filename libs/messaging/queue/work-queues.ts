import type { MessageType } from '#libs/contracts'
import type { Database, GroupCommit } from '#libs/database'
import { createLogger, describeError, fields, gauge, metrics } from '#libs/observability'
import type { Queue } from './queue.ts'
import { scaled } from './scaling.ts'
import type { QueueHandler } from './work.ts'
import { WorkQueue } from './work-queue.ts'
import { worksOf } from './works.ts'

/** A queue that a service works, and how; without a handler, by the method of a provider that says `@Works`. */
export interface DeclaredQueue {
  // biome-ignore lint/suspicious/noExplicitAny: each queue has types of its own, which nothing here depends on
  readonly queue: Queue<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly handler?: QueueHandler<any>
}

/** A queue and its handler, which the compiler holds against each other. */
export const workedBy = <T extends MessageType>(queue: Queue<T>, handler: QueueHandler<NoInfer<T>>): DeclaredQueue => ({
  queue,
  handler,
})

export interface WorkQueuesOptions {
  readonly service: string
  readonly brokers: readonly string[]
  readonly queues: readonly DeclaredQueue[]
  readonly database: Database
  readonly groupCommit: GroupCommit
  /** Says when a delayed message is due. */
  readonly clock?: () => Date
}

export interface QueueState {
  readonly queue: string
  readonly workers: number
  /** Messages in the topic that are not done with, and those that are invisible until their time. */
  readonly waiting: number
  readonly delayed: number
}

/** How often the depth is asked for that pools grow and shrink by. */
const LOOK_MS = 2_000

const log = createLogger('queue')
const depth = gauge(metrics.queue.depth)

/** The queues that a service works; Nest's providers are given it to ask how deep they are and to resize their pools. */
export class WorkQueues {
  readonly #queues = new Map<string, WorkQueue>()
  #providers: readonly object[] = []
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(private readonly options: WorkQueuesOptions) {}

  /** Where the handlers are that were not declared. */
  bind(providers: readonly object[]): void {
    this.#providers = providers
  }

  /** Throws when a queue has no handler: a service that would work it must not start without. */
  start(): void {
    const found = worksOf(this.#providers)
    for (const { queue, handler = found.get(queue.name) } of this.options.queues) {
      if (handler === undefined) throw new Error(`queue ${queue.name} has no handler`)
      this.#queues.set(queue.name, new WorkQueue({ ...this.options, queue, handler }))
    }
    for (const queue of this.#queues.values()) queue.start()
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
    }, LOOK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.stop()))
    await this.#looking
  }

  /** Rejects, saying why, when this process takes no messages of one of its queues. */
  async check(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.check()))
  }

  /** How many messages of a queue this process works on at a time, from now on; 0 pauses it. */
  setWorkers(queue: string | Queue, count: number): void {
    this.#get(queue).setWorkers(count)
  }

  workers(queue: string | Queue): number {
    return this.#get(queue).workers
  }

  /** Rejects while the broker is away. */
  async state(queue: string | Queue): Promise<QueueState> {
    const found = this.#get(queue)
    return { queue: found.queue.name, workers: found.workers, ...(await found.depth()) }
  }

  #get(queue: string | Queue): WorkQueue {
    const name = typeof queue === 'string' ? queue : queue.name
    const found = this.#queues.get(name)
    if (found === undefined) throw new Error(`queue ${name} is not worked here`)
    return found
  }

  async #look(): Promise<void> {
    for (const { queue } of this.#queues.values()) {
      try {
        const { waiting, workers } = await this.state(queue)
        depth.set({ queue: queue.name }, waiting)
        const wanted = queue.scale === undefined ? workers : scaled(workers, waiting, queue.scale)
        if (wanted === workers) continue
        log.info('pool resized', { queue: queue.name, workers: wanted, before: workers, waiting })
        this.setWorkers(queue, wanted)
      } catch (error) {
        log.debug('depth of a queue is not known', { queue: queue.name, [fields.error]: describeError(error) })
      }
    }
  }
}
