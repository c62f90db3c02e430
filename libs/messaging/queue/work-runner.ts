import { setTimeout as delay } from 'node:timers/promises'
import type { Message } from '#libs/contracts'
import { type Database, Faults, type GroupCommit } from '#libs/database'
import { counter, createLogger, describeError, fields, histogram, metrics } from '#libs/observability'
import { unreadableVerdict } from '../parking/verdict.ts'
import { type EndingOf, endingOfAnswer, endingOfFailure } from './ending.ts'
import { EndingWork, type EndResult } from './ending-work.ts'
import type { WorkItem } from './items/work-item.ts'
import type { Queue } from './queue.ts'
import type { QueueHandler, Worked } from './work.ts'

export interface WorkRunnerOptions {
  readonly queue: Queue
  readonly service: string
  readonly handler: QueueHandler
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly clock: () => Date
}

const WAIT_MS = { first: 50, longest: 1_000 }

/** So often a handler's `dead` may fail; then the message is parked without it. */
const HOOK_FAILURES = 3

const log = createLogger('queue')
const works = counter(metrics.queue.works)
const duration = histogram(metrics.queue.duration)

/** Has messages worked, and sees to it that each ends: worked, delayed or dead, or given back when this process stops. */
export class WorkRunner {
  constructor(private readonly options: WorkRunnerOptions) {}

  /** Resolves when the message has ended or was given back; never rejects. `stopped` says that nobody waits any longer. */
  async work(item: WorkItem, stopped: AbortSignal): Promise<void> {
    try {
      const ending = await this.#endingOf(item, stopped)
      const result = ending && (await this.#end(item, ending, stopped))
      if (result === undefined) return this.#givenBack(item)
      works.inc({ queue: this.options.queue.name, result })
      item.ended()
    } catch (error) {
      log.error('message could neither be worked nor ended', { ...describe(item), [fields.error]: error })
      this.#givenBack(item)
    }
  }

  #givenBack(item: WorkItem): void {
    works.inc({ queue: this.options.queue.name, result: 'given_back' })
    item.giveBack()
  }

  /** Undefined when it is to be given back. */
  async #endingOf(item: WorkItem, stopped: AbortSignal): Promise<EndingOf | undefined> {
    const { queue, clock } = this.options
    if (item.content.kind !== 'message') {
      const detail =
        item.content.kind === 'unreadable'
          ? item.content
          : ({ kind: 'unreadable', reason: 'unknown_type', detail: '' } as const)
      return { kind: 'dead', verdict: unreadableVerdict(detail) }
    }
    if (item.isFatal) {
      const error = new Error(`${queue.deaths} workers died while they worked on it`)
      return endingOfFailure(error, { ...queue, tries: 1 }, item.attempts, clock())
    }
    if (item.isToBeKept) return { kind: 'delayed', delay: { at: clock(), attempts: item.attempts, error: null } }
    try {
      return endingOfAnswer(await this.#run(item, stopped), item.attempts)
    } catch (error) {
      if (stopped.aborted || item.lost.aborted) return undefined
      const ending = endingOfFailure(error, queue, item.attempts, clock())
      log.warn('work failed', {
        ...describe(item),
        attempts: item.attempts + 1,
        ending: ending.kind,
        [fields.error]: error,
      })
      return ending
    }
  }

  /** Ends when the handler does, when the message is lost, when nobody waits any longer, or after the longest time. */
  async #run(item: WorkItem, stopped: AbortSignal): Promise<Worked> {
    const { queue, handler } = this.options
    const { message } = item.content as { message: Message }
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error(`not done in ${queue.longestMs} ms`)), queue.longestMs)
    const signal = AbortSignal.any([item.lost, stopped, late.signal])
    const measured = duration.startTimer({ queue: queue.name })
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      signal.throwIfAborted()
      const attempt = item.attempts + 1
      const context = { queue: queue.name, signal, attempt, isLastTry: attempt >= queue.tries, position: item.position }
      return await Promise.race([handler.work(message as never, context), aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
      clearTimeout(timer)
      measured()
    }
  }

  /** Waits as long as the database is away; undefined when that takes longer than anybody waits. */
  async #end(item: WorkItem, ending: EndingOf, stopped: AbortSignal): Promise<EndResult | undefined> {
    const { queue, handler, database, groupCommit, service, clock } = this.options
    const faults = new Faults(database)
    let now = ending
    let failures = 0
    for (let waitMs = WAIT_MS.first; !stopped.aborted; waitMs = Math.min(WAIT_MS.longest, waitMs * 2)) {
      // What it writes when a message dies must not keep it alive.
      const told = failures < HOOK_FAILURES ? handler : { work: handler.work }
      try {
        return await groupCommit.submit(new EndingWork(item, now, told, `/waybill/${service}`))
      } catch (error) {
        if (await faults.isNobodys(error)) {
          if (waitMs === WAIT_MS.first)
            log.warn('the end of a message waits for the database', {
              ...describe(item),
              [fields.error]: describeError(error),
            })
        } else {
          log.error('the end of a message cannot be recorded', { ...describe(item), [fields.error]: error })
          // What the handler wanted written was wrong: that is a failed try.
          failures++
          if (now.kind === 'done') now = endingOfFailure(error, queue, item.attempts, clock())
        }
        await delay(waitMs)
      }
    }
    return undefined
  }
}

const describe = ({ position, content }: WorkItem) => ({
  [fields.topic]: position.topic,
  [fields.partition]: position.partition,
  [fields.offset]: String(position.offset),
  ...(content.kind === 'message'
    ? { [fields.messageType]: content.message.type, [fields.messageId]: content.message.id }
    : {}),
})
